using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>Content in a memfd that nobody can change any more (memfd_create(2), F_ADD_SEALS).</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class SealedMemory
{
    /// <summary>Writes everything and seals. 0 or errno.</summary>
    internal static int Fill(int descriptor, ReadOnlySpan<byte> content)
    {
        int error = Write(descriptor, content);
        if (error != 0)
        {
            return error;
        }

        const int Seals = Libc.F_SEAL_SEAL | Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_WRITE;
        return Libc.fcntl(descriptor, Libc.F_ADD_SEALS, Seals) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Writes everything, without a seal. 0 or errno.</summary>
    internal static int Write(int descriptor, ReadOnlySpan<byte> content)
    {
        fixed (byte* at = content)
        {
            for (nint done = 0; done < content.Length;)
            {
                nint written = Libc.write(descriptor, at + done, (nuint)(content.Length - done));
                if (written < 0)
                {
                    return Marshal.GetLastPInvokeError();
                }

                done += written;
            }
        }

        return 0;
    }
}
