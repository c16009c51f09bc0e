/* caisson-libs, the whole executable, inside the runtime. */
	.section .rodata
	.balign 16
	.globl libs_image, libs_image_end
libs_image:
	.incbin IMAGE
libs_image_end:
	.section .note.GNU-stack, "", @progbits
