using System.Runtime.InteropServices;

namespace ChildProc.Testing.Tests.Infrastructure;

/// <summary>A child that nobody waits for until it is asked: posix_spawn(3) and waitpid(2) as they are.</summary>
internal sealed partial class RawChild : IDisposable
{
    private int _id;

    internal int Id => _id;

    internal static unsafe RawChild Start(string path)
    {
        nint program = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            nint* arguments = stackalloc nint[] { program, 0 };
            nint* environment = stackalloc nint[] { 0 };
            Assert.Equal(0, posix_spawn(out int id, program, 0, 0, arguments, environment));
            return new RawChild { _id = id };
        }
        finally
        {
            Marshal.FreeCoTaskMem(program);
        }
    }

    /// <summary>One that has ended: a zombie from here on.</summary>
    internal static unsafe RawChild StartAndEnd(string path)
    {
        const int Pid = 1, Exited = 4, NoWait = 0x01000000; // P_PID, WEXITED, WNOWAIT
        RawChild child = Start(path);
        byte* information = stackalloc byte[128]; // siginfo_t
        Assert.Equal(0, waitid(Pid, child.Id, information, Exited | NoWait));
        return child;
    }

    /// <summary>Waits for a child of this process, whoever it is by birth.</summary>
    internal static void Reap(int id) => Assert.Equal(id, waitpid(id, out _, 0));

    internal static void Kill(int id)
    {
        Assert.True(id > 1);
        _ = kill(id, 9);
    }

    internal void Reap()
    {
        Reap(_id);
        _id = 0;
    }

    public void Dispose()
    {
        if (_id != 0)
        {
            Kill(_id);
            Reap();
        }
    }

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn(out int id, nint path, nint actions, nint attributes, nint* arguments, nint* environment);

    [LibraryImport("libc")]
    private static partial int waitpid(int id, out int status, int options);

    [LibraryImport("libc")]
    private static unsafe partial int waitid(int kind, int id, byte* information, int options);

    [LibraryImport("libc")]
    private static partial int kill(int id, int signal);
}
