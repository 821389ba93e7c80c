/* Which boot of the machine this is: what a change did to the kernel goes with the kernel. */
#ifndef ND_PLUGINS_BOOT_H
#define ND_PLUGINS_BOOT_H

#define BOOT_BYTES 40
#define BOOT_GONE  "the machine was restarted since; what was changed went with it"

/* The boot's id (random(4)), "" when the kernel does not tell. */
void boot_read(char id[BOOT_BYTES]);
/* Whether a noted id (may be NULL) is of another boot than this. */
int boot_is_over(const char *noted_id);

#endif
