using System.Runtime.InteropServices;

namespace ChildProc.Benchmarks;

/// <summary>The floor: posix_spawn and waitpid with everything encoded beforehand, and nothing else that a library owes.</summary>
internal sealed unsafe partial class PosixSpawn(string program, string[] arguments)
{
    private readonly byte* _program = (byte*)Marshal.StringToCoTaskMemUTF8(program);
    private readonly byte** _arguments = Encode([program, .. arguments]);

    internal int Run()
    {
        byte** variables = stackalloc byte*[] { null };
        int pid, status = 0;
        if (Spawn(&pid, _program, null, null, _arguments, variables) != 0 || WaitPid(pid, &status, 0) != pid)
        {
            throw new InvalidOperationException("posix_spawn failed.");
        }

        return status;
    }

    private static byte** Encode(string[] words)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)words.Length + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < words.Length; i++)
        {
            vector[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        return vector;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int Spawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** variables);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int pid, int* status, int options);
}
