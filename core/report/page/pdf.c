#include "report/page/pdf.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 60

static const char *const browsers[] = {"chromium", "chromium-browser", "google-chrome-stable",
                                       "google-chrome"};

/* The path of a program in $PATH; NULL: it is not there. Caller frees. */
static char *in_path(const char *name)
{
    const char *path = getenv("PATH");
    char *list = nd_strdup(path != NULL ? path : "/usr/bin:/bin");
    char *rest = list;
    char *found = NULL;
    for (char *dir = strsep(&rest, ":"); dir != NULL && found == NULL; dir = strsep(&rest, ":")) {
        found = nd_printf("%s/%s", dir, name);
        if (access(found, X_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    free(list);
    return found;
}

/* "file:///…" of an existing file, its odd octets as %XX. Caller frees. */
static char *url_of(const char *path)
{
    struct nd_buf url = {0};
    char *whole = realpath(path, NULL);
    nd_buf_adds(&url, "file://");
    for (const char *at = whole != NULL ? whole : path; *at != '\0'; at++) {
        if (strchr("/-._~", *at) != NULL || (*at >= '0' && *at <= '9') ||
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'))
            nd_buf_add(&url, at, 1);
        else
            nd_buf_addf(&url, "%%%02X", (unsigned char)*at);
    }
    free(whole);
    return nd_buf_take(&url);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    remove(path);
    return 0;
}

/* Waits for it; false: it failed, or took too long and was ended with all it had started. */
static bool ended_well(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int status = -1;
    for (int i = 0; i < LIMIT_S * 50; i++) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (got < 0 && errno != EINTR)
            return false;
        nanosleep(&pause, NULL);
    }
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
    return false;
}

static bool print_with(char *browser, const char *html, const char *pdf)
{
    const char *place = getenv("TMPDIR");
    char *profile = nd_printf("%s/netdrill-pdf-XXXXXX", place != NULL ? place : "/tmp");
    if (mkdtemp(profile) == NULL) {
        free(profile);
        return false;
    }
    char *url = url_of(html);
    char *to = nd_printf("--print-to-pdf=%s", pdf);
    char *data = nd_printf("--user-data-dir=%s", profile);
    char *argv[] = {browser, "--headless", "--disable-gpu", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", "--no-first-run",
                    "--no-pdf-header-footer", "--generate-pdf-document-outline", to, data, url,
                    /* root may not have its sandbox; the page is ours and runs no script */
                    geteuid() == 0 ? "--no-sandbox" : NULL, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    pid_t pid = -1;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
    bool good = posix_spawn(&pid, browser, &files, &how, argv, environ) == 0 && ended_well(pid);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    nftw(profile, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(url);
    free(to);
    free(data);
    free(profile);
    return good;
}

nd_err nd_pdf_print(const char *html, const char *pdf, struct nd_fail *why)
{
    char *browser = NULL;
    struct stat st;
    for (size_t i = 0; i < sizeof browsers / sizeof browsers[0] && browser == NULL; i++)
        browser = in_path(browsers[i]);
    if (browser == NULL)
        return nd_fail_set(why, ND_EUNABLE,
                           "no Chromium is here to print with; install the package 'chromium', or "
                           "open '%s' in a browser and print it",
                           html);
    unlink(pdf);
    bool good = print_with(browser, html, pdf) && stat(pdf, &st) == 0 && st.st_size > 0;
    free(browser);
    if (!good)
        return nd_fail_set(why, ND_EIO,
                           "Chromium did not print '%s' within %d s; open it in a browser and "
                           "print it",
                           html, LIMIT_S);
    return ND_OK;
}
