using System.Text;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>
/// Starts a direct child of the tool. The library is not used here: under it a child has another parent, which reaps what
/// this tool must see with its own eyes.
/// </summary>
internal static unsafe class Spawner
{
    /// <param name="program">A path.</param>
    /// <param name="arguments">With the name.</param>
    /// <param name="environment">Added to that of the tool.</param>
    /// <param name="quiet">A file for the standard output and error of a helper, whose input is empty then.</param>
    /// <exception cref="StartException">It could not be started.</exception>
    internal static int Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? quiet = null)
    {
        // Larger than the real types of glibc (336 and 80 bytes) and musl (336 and 80).
        byte* attributes = stackalloc byte[512];
        byte* actions = stackalloc byte[256];
        ulong* defaults = stackalloc ulong[16];
        ulong* mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        new Span<ulong>(defaults, 16).Clear();
        // The runtime ignores SIGPIPE for itself. What was ignored before (nohup) stays so.
        defaults[0] = ~ProcFs.Ignored(Environment.ProcessId) | 1UL << (13 - 1);
        _ = LibC.posix_spawnattr_init(attributes);
        _ = LibC.posix_spawn_file_actions_init(actions);
        using NativeStrings argv = new([.. arguments.Select(Encoding.UTF8.GetBytes)]);
        using NativeStrings envp = new(Environ(environment));
        try
        {
            _ = LibC.posix_spawnattr_setflags(attributes, LibC.POSIX_SPAWN_SETSIGDEF | LibC.POSIX_SPAWN_SETSIGMASK);
            _ = LibC.posix_spawnattr_setsigdefault(attributes, defaults);
            _ = LibC.posix_spawnattr_setsigmask(attributes, mask);
            if (quiet is not null)
            {
                const int WriteCreateTruncate = 1 | 0x40 | 0x200;
                fixed (byte* file = Terminated(quiet), nothing = Terminated("/dev/null"))
                {
                    _ = LibC.posix_spawn_file_actions_addopen(actions, 0, nothing, 0, 0);
                    _ = LibC.posix_spawn_file_actions_addopen(actions, 1, file, WriteCreateTruncate, 0x180);
                    _ = LibC.posix_spawn_file_actions_addopen(actions, 2, file, 1 | 0x400, 0);
                    return Start(program, actions, attributes, argv, envp);
                }
            }

            return Start(program, actions, attributes, argv, envp);
        }
        finally
        {
            _ = LibC.posix_spawnattr_destroy(attributes);
            _ = LibC.posix_spawn_file_actions_destroy(actions);
        }
    }

    private static int Start(string program, byte* actions, byte* attributes, NativeStrings argv, NativeStrings envp)
    {
        int pid;
        int error;
        fixed (byte* path = Terminated(program))
            error = LibC.posix_spawn(&pid, path, actions, attributes, argv.Pointer, envp.Pointer);
        return error == 0 ? pid : throw new StartException(program, error);
    }

    /// <summary>The program in the PATH, as execvp would find it.</summary>
    /// <exception cref="StartException">There is none, or it may not be executed.</exception>
    internal static string Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return Executable(name) is var error and not 0 ? throw new StartException(name, error) : name;
        int worst = LibC.ENOENT;
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':'))
        {
            string path = Path.Combine(directory.Length == 0 ? "." : directory, name);
            int error = Executable(path);
            if (error == 0)
                return path;
            if (error == LibC.EACCES)
                worst = error;
        }

        throw new StartException(name, worst);
    }

    private static int Executable(string path)
    {
        const int MayExecute = 1;
        if (!File.Exists(path))
            return Directory.Exists(path) ? LibC.EACCES : LibC.ENOENT;
        fixed (byte* bytes = Terminated(path))
            return LibC.access(bytes, MayExecute) == 0 ? 0 : LibC.EACCES;
    }

    /// <summary>The environment as the tool got it, byte for byte.</summary>
    private static List<byte[]> Environ(IReadOnlyDictionary<string, string>? added)
    {
        List<byte[]> all = [];
        ReadOnlySpan<byte> rest = File.ReadAllBytes("/proc/self/environ");
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            all.Add((end < 0 ? rest : rest[..end]).ToArray());
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        foreach ((string name, string value) in added ?? new Dictionary<string, string>())
        {
            all.RemoveAll(v => v.AsSpan().StartsWith(Encoding.UTF8.GetBytes(name + "=")));
            all.Add(Encoding.UTF8.GetBytes($"{name}={value}"));
        }

        return all;
    }

    private static byte[] Terminated(string text) => [.. Encoding.UTF8.GetBytes(text), 0];
}

/// <summary>The program could not be started.</summary>
internal sealed class StartException(string program, int error) : Exception($"{program}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}")
{
    internal int Error { get; } = error;
}
