/* init, the whole executable, inside the runtime. */
	.section .rodata
	.balign 16
	.globl init_image, init_image_end
init_image:
	.incbin IMAGE
init_image_end:
	.section .note.GNU-stack, "", @progbits
