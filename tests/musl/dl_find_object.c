/* What gcc's unwinder asks of glibc and musl has not: where the table of a program counter's frames is
 * (<https://sourceware.org/glibc/manual/latest/html_node/Dynamic-Linker-Introspection.html>). A static program is one
 * object, so the first that holds the counter is the one. */

#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>

struct dl_find_object {
    unsigned long long flags;
    void *map_start;
    void *map_end;
    struct link_map *link_map;
    void *eh_frame;
    unsigned long long reserved[7];
};

struct search {
    ElfW(Addr) counter;
    struct dl_find_object *found;
};

static int look(struct dl_phdr_info *info, size_t size, void *data) {
    struct search *search = data;
    void *eh_frame = NULL;
    int holds = 0;
    (void)size;
    for (int nth = 0; nth < info->dlpi_phnum; nth++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[nth];
        ElfW(Addr) start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME) {
            eh_frame = (void *)start;
        } else if (part->p_type == PT_LOAD && search->counter - start < part->p_memsz) {
            search->found->map_start = (void *)start;
            search->found->map_end = (void *)(start + part->p_memsz);
            holds = 1;
        }
    }
    search->found->eh_frame = eh_frame;
    return holds && eh_frame != NULL;
}

int _dl_find_object(void *counter, struct dl_find_object *found) {
    struct search search = {(ElfW(Addr))counter, found};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}
