using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>Gives a pipe that carries much more room, so that writer and reader take turns less often.</summary>
/// <remarks>
/// All pipes at 64 KiB is the kernel's default, and stays that for nearly all: a user's pipes share 64 MiB
/// (pipe-user-pages-soft, pipe(7)), beyond which new ones get a page or two. So few at a time grow, and only those that have
/// shown that it is worth it; with their <see cref="PipeRelay"/> all of them have a quarter of that at most.
/// </remarks>
internal static class PipeGrowth
{
    /// <summary>What a pipe holds that grew, in bytes.</summary>
    internal const int Size = 256 * 1024;

    private const int MostAtOnce = 32;
    private static int s_grown;

    /// <summary>After so many bytes a pipe is a busy one.</summary>
    internal const long WorthIt = 4 * 1024 * 1024;

    /// <summary>False when it keeps its size. A pipe that grew is to be given to <see cref="Release"/> at its end.</summary>
    internal static bool TryGrow(int descriptor)
    {
        if (Interlocked.Increment(ref s_grown) <= MostAtOnce && Libc.fcntl(descriptor, Libc.F_SETPIPE_SZ, Size) >= 0)
        {
            return true;
        }

        Release();
        return false;
    }

    internal static void Release() => Interlocked.Decrement(ref s_grown);
}
