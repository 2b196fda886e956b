using System.Runtime.InteropServices;
using ChildProc;

/// <summary>A host, one thread of which enters a sandbox after the first start: its later children are in it, those of other threads are not.</summary>
internal static unsafe partial class Sandboxes
{
    private const int NotPermitted = 77;

    /// <summary>
    /// Prints what a child says that runs the probe: before; then in the sandbox, by both kinds of start; then on a thread outside of it.
    /// </summary>
    /// <param name="puppet">The child.</param>
    /// <param name="words">The kind of sandbox, a directory that it may need, and the probe.</param>
    internal static int Enter(string puppet, string[] words)
    {
        (string kind, string directory, string[] probe) = (words[0], words[1], words[2..]);
        string before = Probe(puppet, probe, inBackground: false);
        string[] inside = [];
        bool entered = false;
        Thread thread = new(() =>
        {
            entered = TryEnter(kind, directory);
            inside = entered ? [Probe(puppet, probe, inBackground: false), Probe(puppet, probe, inBackground: true)] : [];
        });
        thread.Start();
        thread.Join();
        Console.WriteLine(string.Join(", ", [before, .. inside, Probe(puppet, probe, inBackground: false)]));
        return entered ? 0 : NotPermitted;
    }

    private static string Probe(string puppet, string[] words, bool inBackground)
    {
        ChildProcessStartInfo info = new(puppet, words) { StandardOutput = ChildStdio.Pipe };
        using IChildProcess child = inBackground ? ChildProcess.StartAsync(info).AsTask().GetAwaiter().GetResult() : ChildProcess.Start(info);
        using StreamReader reader = new(child.StandardOutput.AsStream());
        string text = reader.ReadToEnd();
        child.WaitForExit();
        return Array.Find(text.Split('\n'), static line => line.StartsWith("nnp=", StringComparison.Ordinal)) ?? text.TrimEnd();
    }

    private static bool TryEnter(string kind, string directory) => kind switch
    {
        "no-new-privileges" => GiveUpPrivileges(),
        "landlock" => GiveUpPrivileges() && RestrictFiles(),
        "seccomp" => FilterCalls() || (GiveUpPrivileges() && FilterCalls()),
        "chroot" => Unshare(CloneFs) == 0 && ChangeRoot(directory) == 0,
        "mount-namespace" => Unshare(CloneNewNs) == 0 && Mount("none", "/", null, MsRec | MsPrivate, null) == 0
            && Mount("none", directory, "tmpfs", MsReadOnly, null) == 0,
        _ => throw new ArgumentException(kind),
    };

    private static bool GiveUpPrivileges()
    {
        const int PrSetNoNewPrivs = 38;
        return Native.PrCtl(PrSetNoNewPrivs, 1, 0, 0, 0) == 0;
    }

    // Landlock (Linux 5.13): nobody makes a directory, anywhere.
    private static bool RestrictFiles()
    {
        const nint CreateRuleset = 444, RestrictSelf = 446;
        const ulong MakeDirectory = 1 << 7;
        ulong handled = MakeDirectory;
        nint ruleset = SystemCall(CreateRuleset, (nint)(&handled), sizeof(ulong), 0);
        return ruleset >= 0 && SystemCall(RestrictSelf, ruleset, 0, 0) == 0;
    }

    // mkdir and mkdirat fail with EPERM.
    private static bool FilterCalls()
    {
        const int PrSetSeccomp = 22, ModeFilter = 2, Eperm = 1;
        const ushort Load = 0x20, JumpIfEqual = 0x15, Return = 0x06;
        const uint Refuse = 0x0005_0000 | Eperm, Allow = 0x7FFF_0000;
        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        (ushort Code, byte IfTrue, byte IfFalse, uint Value)[] program =
        [
            (Load, 0, 0, 0), (JumpIfEqual, 1, 0, isArm ? 34u : 258u), (JumpIfEqual, 0, 1, isArm ? 34u : 83u), (Return, 0, 0, Refuse), (Return, 0, 0, Allow),
        ];
        ulong* filter = stackalloc ulong[program.Length];
        for (int i = 0; i < program.Length; i++)
        {
            filter[i] = program[i].Code | ((ulong)program[i].IfTrue << 16) | ((ulong)program[i].IfFalse << 24) | ((ulong)program[i].Value << 32);
        }

        nint* descriptor = stackalloc nint[2];
        (descriptor[0], descriptor[1]) = (program.Length, (nint)filter);
        return Native.PrCtl(PrSetSeccomp, ModeFilter, (nuint)descriptor, 0, 0) == 0;
    }

    private const int CloneFs = 0x200, CloneNewNs = 0x20000;
    private const nuint MsReadOnly = 1, MsRec = 0x4000, MsPrivate = 1 << 18;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c);

    [LibraryImport("libc", EntryPoint = "unshare")]
    private static partial int Unshare(int what);

    [LibraryImport("libc", EntryPoint = "chroot", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeRoot(string directory);

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string? type, nuint flags, string? data);
}
