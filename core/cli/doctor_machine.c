#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Clock, disk, fonts. */

#define FREE_ENOUGH                                                                                \
    (512ull << 20) /* octets; a run begins with 16 MiB, an eight-hour one needs more */
#define SYNCS     5
#define SYNC_SLOW ND_MS(50)

void nd_doctor_clock(struct nd_doctor *doctor)
{
    struct timex timex = {.modes = 0}; /* reads only */
    char error[ND_UNIT_TEXT];
    char most[ND_UNIT_TEXT];
    int state = adjtimex(&timex);
    if (state < 0) {
        nd_doctor_add(doctor, "clock", "synchronised", ND_FINDING_WARN, NULL,
                      "the kernel does not tell: %s", strerror(errno));
        return;
    }
    nd_length_format(ND_US(timex.esterror), error);
    nd_length_format(ND_US(timex.maxerror), most);
    bool synced = state != TIME_ERROR && (timex.status & STA_UNSYNC) == 0;
    if (synced)
        nd_doctor_add(doctor, "clock", "synchronised", ND_FINDING_OK, NULL,
                      "estimated error %s, at most %s", error, most);
    else
        nd_doctor_add(
            doctor, "clock", "synchronised", ND_FINDING_WARN,
            "start chrony, ntpd or systemd-timesyncd; what is measured on this machine "
            "alone does not depend on it",
            "not synchronised: times of day, and one-way delays between machines, are off "
            "by an unknown amount");
}

/* ---- disk ---- */

static nd_ns now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ND_SEC(ts.tv_sec) + ts.tv_nsec;
}

/* The slowest of some small writes brought to the disk; negative: errno. */
static nd_ns slowest_sync(const char *dir)
{
    nd_ns slowest = 0;
    char *path = nd_printf("%s/.netdrill-doctor-XXXXXX", dir);
    int fd = mkostemp(path, O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    for (int i = 0; i < SYNCS && error == 0; i++) {
        nd_ns began = now_ns();
        if (write(fd, "a line of a journal\n", 20) != 20 || fdatasync(fd) != 0)
            error = errno != 0 ? errno : EIO;
        nd_ns took = now_ns() - began;
        slowest = took > slowest ? took : slowest;
    }
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    free(path);
    return error != 0 ? -error : slowest;
}

void nd_doctor_disk(struct nd_doctor *doctor, const char *runs)
{
    struct statvfs fs;
    char length[ND_UNIT_TEXT];
    const char *dir = access(runs, F_OK) == 0 ? runs : "."; /* 'run' makes it */
    if (statvfs(dir, &fs) == 0) {
        unsigned long long left = (unsigned long long)fs.f_bavail * fs.f_frsize;
        enum nd_finding state = left >= FREE_ENOUGH     ? ND_FINDING_OK
                                : left >= (16ull << 20) ? ND_FINDING_WARN
                                                        : ND_FINDING_FAIL;
        nd_doctor_add(doctor, "disk", "space", state,
                      state == ND_FINDING_OK ? NULL : "make room, or use another place: --runs DIR",
                      "%llu MiB are free at '%s'", left >> 20, dir);
    }
    nd_ns took = slowest_sync(dir);
    if (took < 0)
        nd_doctor_add(doctor, "disk", "fsync", ND_FINDING_FAIL, "use another place: --runs DIR",
                      "nothing can be brought to the disk at '%s': %s", dir, strerror((int)-took));
    else
        nd_doctor_add(doctor, "disk", "fsync", took > SYNC_SLOW ? ND_FINDING_WARN : ND_FINDING_OK,
                      took > SYNC_SLOW ? "each change waits for it; a quicker disk acts closer to "
                                         "its time"
                                       : NULL,
                      "the slowest of %d took %s", SYNCS, nd_length_format(took, length));
}

/* ---- fonts, browser ---- */

/* First line of what a program prints; NULL when it is not there or prints nothing. Caller frees.
 */
static char *first_line(char *const argv[])
{
    int ends[2];
    char text[512] = "";
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t len = 0;
    ssize_t got = 0;
    while (failed == 0 && len < sizeof text - 1 &&
           (got = read(ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    if (failed == 0)
        waitpid(pid, NULL, 0);
    text[strcspn(text, "\n")] = '\0';
    return *text != '\0' ? nd_strdup(text) : NULL;
}

static char *find_font(void)
{
    static const char *const paths[] = {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                                        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
                                        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
                                        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
                                        "/usr/share/fonts/truetype/arphic/uming.ttc",
                                        "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"};
    char *const argv[] = {"fc-list", "--format=%{family[0]}\n", ":lang=zh-tw", NULL};
    char *name = first_line(argv);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && name == NULL; i++) {
        if (access(paths[i], R_OK) == 0)
            name = nd_strdup(paths[i]);
    }
    return name;
}

/* A program of the PATH; caller frees. */
static char *find_program(const char *name)
{
    char *dirs = nd_strdup(getenv("PATH"));
    char *rest = dirs;
    char *found = NULL;
    for (char *dir = strsep(&rest, ":"); dir != NULL && found == NULL; dir = strsep(&rest, ":")) {
        char *path = nd_printf("%s/%s", dir, name);
        if (*dir != '\0' && access(path, X_OK) == 0)
            found = path;
        else
            free(path);
    }
    free(dirs);
    return found;
}

void nd_doctor_fonts(struct nd_doctor *doctor)
{
    static const char *const browsers[] = {"chromium", "chromium-browser", "google-chrome"};
    char *font = find_font();
    if (font != NULL)
        nd_doctor_add(doctor, "report", "zh-TW font", ND_FINDING_OK, NULL, "%s", font);
    else
        nd_doctor_add(doctor, "report", "zh-TW font", ND_FINDING_WARN,
                      "apt-get install fonts-noto-cjk, or read the report on another machine",
                      "none was found: this machine shows boxes for the report's Chinese");
    free(font);
    char *browser = NULL;
    for (size_t i = 0; i < 3 && browser == NULL; i++)
        browser = find_program(browsers[i]);
    if (browser != NULL)
        nd_doctor_add(doctor, "report", "Chromium", ND_FINDING_OK, NULL, "%s", browser);
    else
        nd_doctor_add(doctor, "report", "Chromium", ND_FINDING_WARN,
                      "apt-get install chromium, to print reports; any browser shows them",
                      "none was found in PATH");
    free(browser);
}
