using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>
/// Who the host is at this moment, and where. A guardian keeps the identity that the host had when it started it, so a host that
/// changed its own gets a new guardian: never a child with the old identity.
/// </summary>
/// <remarks>
/// Read from the kernel for every start, eight short system calls. SCM_CREDENTIALS would be no substitute: it carries the
/// real uid, so a host after <c>seteuid</c> would get children with the rights that it gave up.
/// </remarks>
[SupportedOSPlatform("linux")]
internal readonly record struct HostIdentity(
    uint Uid, uint Gid, int Session, ulong Groups, ulong Capabilities, HostIdentity.OfThread Thread, HostIdentity.RootDirectory Root)
{
    /// <summary>What the calling thread has for itself: no-new-privileges, without which nobody but root enters a sandbox, and whether system calls are filtered.</summary>
    internal readonly record struct OfThread(int NoNewPrivileges, int Seccomp);

    /// <summary>Of chroot(2) and pivot_root(2); the mount's number also tells a mount namespace from another. Zeroes before statx(2) of Linux 4.11, the mount's before 5.8.</summary>
    internal readonly record struct RootDirectory(ulong Inode, ulong Device, ulong Mount);

    internal static unsafe HostIdentity Capture()
    {
        const int Few = 64;
        uint* few = stackalloc uint[Few];
        int count = Libc.getgroups(Few, few);
        ulong groups = count >= 0 ? Hash(new ReadOnlySpan<uint>(few, count)) : HashMany();

        // struct __user_cap_header_struct, version 3, and two __user_cap_data_struct: capget(2).
        uint* header = stackalloc uint[2];
        header[0] = 0x20080522;
        header[1] = 0;
        uint* data = stackalloc uint[6];
        new Span<uint>(data, 6).Clear();
        Libc.syscall(Libc.SYS_capget, (nint)header, (nint)data);
        OfThread thread = new(Libc.prctl(Libc.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), Libc.prctl(Libc.PR_GET_SECCOMP, 0, 0, 0, 0));
        return new HostIdentity(Libc.geteuid(), Libc.getegid(), Libc.getsid(0), groups, Hash(new ReadOnlySpan<uint>(data, 6)), thread, FindRoot());
    }

    private static unsafe RootDirectory FindRoot()
    {
        const int AtFdCwd = -100;
        const uint InodeAndMount = 0x100 | 0x1000 | 0x4000; // STATX_INO, STATX_MNT_ID, STATX_MNT_ID_UNIQUE
        ulong* result = stackalloc ulong[32]; // struct statx
        new Span<ulong>(result, 32).Clear();
        fixed (byte* path = "/\0"u8)
        {
            _ = Libc.syscall5(Libc.SYS_statx, AtFdCwd, (nint)path, 0, (nint)InodeAndMount, (nint)result);
        }

        return new RootDirectory(result[4], result[17], result[18]); // stx_ino, stx_dev_major with stx_dev_minor, stx_mnt_id
    }

    private static unsafe ulong HashMany()
    {
        uint[] all = new uint[65536]; // NGROUPS_MAX
        fixed (uint* at = all)
        {
            int count = Libc.getgroups(all.Length, at);
            return Hash(all.AsSpan(0, Math.Max(count, 0)));
        }
    }

    // FNV-1a. The group list comes in a fixed order from the kernel.
    private static ulong Hash(ReadOnlySpan<uint> values)
    {
        ulong hash = 14695981039346656037;
        foreach (uint value in values)
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }
}
