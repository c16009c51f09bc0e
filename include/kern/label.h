/* Security labels that take effect at the next exec, written through a verified procfs handle (rule B.4.4). */
#pragma once

/* AppArmor: `request` is "exec PROFILE". 0, or -errno; -EUCLEAN: what is read back is not what was written. */
int label_apparmor_exec(int procfs, const char *request);

/* SELinux: the label of the next exec, or (attribute "keycreate") of new keys; "" takes it back. */
int label_selinux(int procfs, const char *attribute, const char *label);
