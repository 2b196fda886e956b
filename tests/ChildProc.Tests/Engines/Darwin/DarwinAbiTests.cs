using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>Numbers and layouts against the headers of XNU, read in github.com/apple-oss-distributions/xnu, xnu-10063 and its neighbours.</summary>
public sealed class DarwinAbiTests
{
    // Header, then what it says.
    private static readonly (string Header, string Text)[] s_numbers =
    [
        ("bsd/sys/errno.h", """
            EPERM 1, ENOENT 2, ESRCH 3, EINTR 4, EIO 5, E2BIG 7, ENOEXEC 8, EBADF 9, ECHILD 10, EDEADLK 11, ENOMEM 12, EACCES 13, ENODEV 19,
            ENOTDIR 20, EINVAL 22, ENFILE 23, EMFILE 24, ETXTBSY 26, EPIPE 32, EAGAIN 35, ETIMEDOUT 60, ELOOP 62, ENAMETOOLONG 63, ESTALE 70
            """),
        ("bsd/sys/fcntl.h", """
            O_RDONLY 0x0000, O_WRONLY 0x0001, O_RDWR 0x0002, O_NONBLOCK 0x00000004, O_APPEND 0x00000008, O_CREAT 0x00000200, O_TRUNC 0x00000400,
            O_EXCL 0x00000800, O_NOCTTY 0x00020000, O_CLOEXEC 0x01000000, F_GETFD 1, F_SETFD 2, F_GETFL 3, F_SETFL 4, F_DUPFD_CLOEXEC 67, FD_CLOEXEC 1
            """),
        ("bsd/sys/unistd.h", "F_OK 0, X_OK 0x01, SEEK_CUR 1"),
        ("bsd/sys/filio.h, bsd/sys/ioccom.h: _IOR('f', 127, int), IOC_OUT 0x40000000, sizeof(int) << 16", "FIONREAD 0x4004667F"),
        ("bsd/sys/poll.h", "POLLIN 0x0001, POLLOUT 0x0004, POLLERR 0x0008, POLLHUP 0x0010, POLLNVAL 0x0020"),
        ("bsd/sys/signal.h", "SIGKILL 9, SIGSTOP 17, SIGCONT 19"),
        ("bsd/sys/wait.h", "P_PID 1, WNOHANG 0x00000001, WEXITED 0x00000004, WNOWAIT 0x00000020"),
        ("bsd/sys/spawn.h", """
            POSIX_SPAWN_SETPGROUP 0x0002, POSIX_SPAWN_SETSIGDEF 0x0004, POSIX_SPAWN_SETSIGMASK 0x0008, POSIX_SPAWN_START_SUSPENDED 0x0080,
            POSIX_SPAWN_SETSID 0x0400, POSIX_SPAWN_CLOEXEC_DEFAULT 0x4000
            """),
        ("bsd/sys/event.h", """
            EVFILT_READ -1, EVFILT_WRITE -2, EVFILT_PROC -5, EVFILT_USER -10, EV_ADD 0x0001, EV_DELETE 0x0002, EV_ONESHOT 0x0010, EV_CLEAR 0x0020,
            EV_RECEIPT 0x0040, EV_ERROR 0x4000, EV_EOF 0x8000, NOTE_TRIGGER 0x01000000, NOTE_EXIT 0x80000000, NOTE_FORK 0x40000000,
            NOTE_EXITSTATUS 0x04000000, NOTE_PDATAMASK 0x000fffff
            """),
        ("bsd/sys/proc_info.h", "PROC_ALL_PIDS 1, PROC_PGRP_ONLY 2, PROC_PIDT_SHORTBSDINFO 13"),
        ("bsd/sys/proc_info_private.h", "PROC_PIDUNIQIDENTIFIERINFO 17"),
        ("bsd/sys/proc.h", "SIDL 1, SRUN 2, SSLEEP 3, SSTOP 4, SZOMB 5"),
    ];

    // Header and structure; its members as the header has them, with fixed C types (__int32_t is int, off_t and long are 8 bytes); ours, in the same order.
    private static readonly (string Header, string Structure, string Members, Type Type)[] s_structures =
    [
        ("bsd/sys/event.h", "kevent64_s",
            "unsigned long long ident; short filter; unsigned short flags; unsigned fflags; long long data; unsigned long long udata; unsigned long long ext0; unsigned long long ext1;",
            typeof(DarwinAbi.Kevent64)),
        ("bsd/sys/proc_info_private.h", "proc_uniqidentifierinfo",
            "unsigned char p_uuid[16]; unsigned long long p_uniqueid; unsigned long long p_puniqueid; int p_idversion; unsigned p_reserve2; unsigned long long p_reserve3; unsigned long long p_reserve4;",
            typeof(DarwinAbi.UniqueIdentifier)),
        ("bsd/sys/proc_info.h (MAXCOMLEN 16, bsd/sys/param.h)", "proc_bsdshortinfo",
            "unsigned pbsi_pid; unsigned pbsi_ppid; unsigned pbsi_pgid; unsigned pbsi_status; char pbsi_comm[16]; unsigned pbsi_flags; unsigned pbsi_uid; unsigned pbsi_gid; unsigned pbsi_ruid; unsigned pbsi_rgid; unsigned pbsi_svuid; unsigned pbsi_svgid; unsigned pbsi_rfu;",
            typeof(DarwinAbi.ShortInfo)),
        ("bsd/sys/_types/_timeval.h", "timeval", "long tv_sec; int tv_usec;", typeof(DarwinAbi.TimeValue)),
        ("bsd/sys/resource.h", "rusage", "struct timeval ru_utime; struct timeval ru_stime; long ru_maxrss; long ru_others[13];", typeof(DarwinAbi.Usage)),
        ("bsd/sys/signal.h", "siginfo",
            "int si_signo; int si_errno; int si_code; int si_pid; unsigned si_uid; int si_status; void *si_addr; void *si_value; long si_band; unsigned long pad[7];",
            typeof(DarwinAbi.SignalInfo)),
        ("bsd/sys/poll.h", "pollfd", "int fd; short events; short revents;", typeof(DarwinAbi.PollDescriptor)),
    ];

    [Fact]
    public void Every_number_is_the_headers()
    {
        Dictionary<string, FieldInfo> ours = typeof(DarwinAbi).GetFields(BindingFlags.Static | BindingFlags.NonPublic).ToDictionary(static field => field.Name);
        foreach ((string header, string text) in s_numbers)
        {
            foreach (string entry in text.Split(',', StringSplitOptions.TrimEntries))
            {
                string[] parts = entry.Split(' ');
                Int128 expected = parts[1].StartsWith("0x", StringComparison.Ordinal)
                    ? Int128.Parse(parts[1].AsSpan(2), System.Globalization.NumberStyles.HexNumber, null)
                    : Int128.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(ours.Remove(parts[0], out FieldInfo? field), $"{parts[0]} of {header} is not declared, or listed twice");
                object value = field.GetValue(null)!;
                Assert.True(expected == (value is nuint big ? big : Int128.CreateChecked(Convert.ToInt64(value, null))), $"{parts[0]} is {value}, and {parts[1]} in {header}");
            }
        }

        Assert.Empty(ours.Keys); // what is declared has a source
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_layout_is_the_one_that_a_compiler_for_macOS_gives_the_headers_structure()
    {
        List<string> source = ["#include <stddef.h>"];
        foreach ((_, string structure, string members, Type type) in s_structures)
        {
            source.Add($"struct {structure} {{ {members} }};");
            source.Add($"_Static_assert(sizeof(struct {structure}) == {Marshal.SizeOf(type)}, \"{structure}\");");
            string[] names = [.. members.TrimEnd(';').Split(';').Select(static member => member.Trim().Split(' ')[^1].TrimStart('*').Split('[')[0])];
            FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic);
            Assert.Equal(names.Length, fields.Length);
            for (int i = 0; i < names.Length; i++)
            {
                source.Add($"_Static_assert(offsetof(struct {structure}, {names[i]}) == {Marshal.OffsetOf(type, fields[i].Name)}, \"{structure}.{names[i]}\");");
                source.Add($"_Static_assert(sizeof(((struct {structure} *)0)->{names[i]}) == {Marshal.SizeOf(fields[i].FieldType)}, \"size of {structure}.{names[i]}\");");
            }
        }

        foreach (string target in AppleCompiler.Targets)
        {
            await AppleCompiler.CompileAsync(target, string.Join('\n', source));
        }
    }

    [Fact]
    public void Sizes_that_the_kernel_checks_are_the_headers()
    {
        Assert.Equal(48, Unsafe.SizeOf<DarwinAbi.Kevent64>());
        Assert.Equal(56, Unsafe.SizeOf<DarwinAbi.UniqueIdentifier>()); // _Static_assert in proc_info_private.h
        Assert.Equal(64, Unsafe.SizeOf<DarwinAbi.ShortInfo>());
        Assert.Equal(144, Unsafe.SizeOf<DarwinAbi.Usage>());
        Assert.Equal(104, Unsafe.SizeOf<DarwinAbi.SignalInfo>());
        Assert.Equal(8, Unsafe.SizeOf<DarwinAbi.PollDescriptor>());
    }

    [Theory]
    [InlineData(0, "exit 0")]
    [InlineData(3 << 8, "exit 3")]
    [InlineData(255 << 8, "exit 255")]
    [InlineData(0x101 << 8, "exit 1")] // WEXITSTATUS takes eight bits
    [InlineData(9, "SIGKILL")]
    [InlineData(11 | 0x80, "SIGSEGV (core dumped)")]
    [InlineData(0x7F | (17 << 8), "unknown")] // WIFSTOPPED
    public void A_wait_status_means_what_the_macros_say(int status, string meaning)
        => Assert.Equal(meaning, DarwinAbi.ToExitStatus(status, default).ToString());

    [Fact]
    public void Usage_is_in_microseconds_and_bytes()
    {
        DarwinAbi.Usage usage = new() { User = new() { Seconds = 2, Microseconds = 500_000 }, System = new() { Microseconds = 7 }, PeakBytes = 1 << 20 };
        ResourceUsage told = DarwinAbi.ToExitStatus(0, usage).Usage;
        Assert.Equal(TimeSpan.FromSeconds(2.5), told.UserTime);
        Assert.Equal(TimeSpan.FromMicroseconds(7), told.SystemTime);
        Assert.Equal(1 << 20, told.PeakMemoryBytes);
    }
}
