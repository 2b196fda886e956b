using System.Diagnostics;
using System.Globalization;

namespace ChildProc.Torture;

/// <summary>One operation as it runs: its chance, its mark, and how it starts children and checks what comes of them.</summary>
internal sealed class Step(Run run, int worker, int number, string operation)
{
    /// <summary>What SIGKILL of a host or of a keeper may take until the last process is gone, on a machine that is busy with all this.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(HashCode(run.Options.Seed, worker, number));

    internal Run Run { get; } = run;

    internal string Mark { get; } = string.Create(CultureInfo.InvariantCulture, $"{run.Mark}.{worker}.{number}.");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"worker {worker}, step {number}, {operation}");

    internal int Below(int limit) => _random.Next(limit);

    internal bool Chance(int percent) => _random.Next(100) < percent;

    internal T OneOf<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    internal byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    internal Task PauseAsync(int belowMilliseconds) => Task.Delay(_random.Next(belowMilliseconds));

    /// <summary>The puppet with these words, marked. It never reads the terminal.</summary>
    internal ChildProcessStartInfo Puppet(params string[] words) => new(Run.Puppet, words)
    {
        Environment = new Dictionary<string, string?> { [Processes.MarkVariable] = Mark },
        StandardInput = ChildStdio.Null,
        StandardOutput = ChildStdio.Null,
        StandardError = ChildStdio.Null,
    };

    internal async Task<IChildProcess> StartAsync(ChildProcessStartInfo info, IChildProcessHost? host = null)
    {
        IChildProcess child = Chance(50)
            ? await (host ?? ChildProcessHost.Local).StartAsync(info)
            : host is null ? ChildProcess.Start(info) : await Task.Run(() => host.StartAsync(info).AsTask());
        Run.CountTree();
        return child;
    }

    /// <summary>A tree of random shape whose members all run until they are killed.</summary>
    internal async Task<IChildProcess> StartTreeAsync(IChildProcessHost? host = null)
    {
        (string[] words, string? ready) = Below(6) switch
        {
            0 => (Words("pause"), null),
            1 => (Words("tree", Number(1 + Below(3)), Number(1 + Below(3))), "ready"),
            2 => (Words("flat", Number(1 + Below(12)), Number(Below(2))), "ready"),
            3 => (Words("seq", "daemon", "pause", ",", "setsid-fork", "pause", ",", "print", "ready", ",", "pause"), "ready"),
            4 => (Words("seq", "ignore", "TERM", ",", "ignore", "INT", ",", "fork", "2", "pause", ",", "print", "ready", ",", "pause"), "ready"),
            _ => (Words("seq", "stopped-fork", ",", "setpgid-fork", "pause", ",", "print", "ready", ",", "pause"), "ready"),
        };
        ChildProcessStartInfo info = Puppet(words);
        if (ready is null || Chance(30))
        {
            return await StartAsync(info, host); // it is still growing
        }

        IChildProcess child = await StartAsync(new ChildProcessStartInfo(info) { StandardOutput = ChildStdio.Pipe }, host);
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        string? line = await reader.ReadLineAsync();
        Check(line?.StartsWith(ready, StringComparison.Ordinal) == true, $"'{line}' is no '{ready}'");
        return child;

        static string[] Words(params string[] words) => words;
    }

    internal static void Check(bool condition, string what)
    {
        if (!condition)
        {
            throw new WrongException(what);
        }
    }

    internal static void Equal<T>(T expected, T actual, string what)
        => Check(EqualityComparer<T>.Default.Equals(expected, actual), $"{what}: {actual}, not {expected}");

    /// <summary>No process of this step is left at this moment.</summary>
    internal void NothingLeft()
    {
        List<string> left = Processes.Marked(Mark);
        Check(left.Count == 0, $"{left.Count} processes are left: {string.Join("; ", left)}");
    }

    /// <summary>None is left soon, after a death that nobody can wait for.</summary>
    internal async Task NothingLeftSoonAsync() => await SoonAsync(() => Processes.Marked(Mark).Count == 0, () => $"left: {string.Join("; ", Processes.Marked(Mark))}");

    internal static async Task SoonAsync(Func<bool> condition, Func<string> what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Check(Stopwatch.GetElapsedTime(began) < s_patience, $"not after {s_patience.TotalSeconds} s: {what()}");
            await Task.Delay(5);
        }
    }

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // The same in every run, unlike System.HashCode.
    private static int HashCode(int seed, int worker, int number)
    {
        ulong mixed = (ulong)(uint)seed * 0x9E3779B97F4A7C15 ^ ((ulong)(uint)worker << 32 | (uint)number) * 0xC2B2AE3D27D4EB4F;
        return (int)(mixed >> 33);
    }
}
