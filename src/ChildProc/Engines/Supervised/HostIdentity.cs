using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>
/// Who the host is at this moment. A guardian keeps the identity that the host had when it started it, so a host that
/// changed its own gets a new guardian: never a child with the old identity.
/// </summary>
/// <remarks>
/// Read from the kernel for every start, five short system calls. SCM_CREDENTIALS would be no substitute: it carries the
/// real uid, so a host after <c>seteuid</c> would get children with the rights that it gave up.
/// </remarks>
[SupportedOSPlatform("linux")]
internal readonly record struct HostIdentity(uint Uid, uint Gid, int Session, ulong Groups, ulong Capabilities)
{
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
        return new HostIdentity(Libc.geteuid(), Libc.getegid(), Libc.getsid(0), groups, Hash(new ReadOnlySpan<uint>(data, 6)));
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
