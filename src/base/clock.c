/* Time: what only goes forward, for deadlines, and the date, for people. */
#include "base/clock.h"

#include "base/format.h"

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timespec clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

/* Days since 1970 as a date of the Gregorian calendar. gmtime(3) would read the time zone's file for the same. */
static void civil_date(int64_t days, int *year, int *month, int *day)
{
	int64_t shifted = days + 719468; /* from 0000-03-01: the leap day is then a year's last */
	int64_t era = shifted / 146097, of_era = shifted % 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t shifted_month = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * shifted_month + 2) / 5 + 1);
	*month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
	*year = (int)(years + era * 400 + (*month <= 2));
}

void clock_text(struct timespec at, int digits, char to[CLOCK_TEXT])
{
	int year, month, day, second = (int)(at.tv_sec % 86400);
	char fraction[16] = "";

	civil_date(at.tv_sec / 86400, &year, &month, &day);
	if (digits)
		format(fraction, sizeof(fraction), ".%09ld", at.tv_nsec);
	format(to, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d%.*sZ", year, month, day, second / 3600, second / 60 % 60, second % 60,
	       digits ? digits + 1 : 0, fraction);
}
