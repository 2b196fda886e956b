using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc;

// A host that uses ChildProc, for what a test cannot do to its own process: be killed, be PID 1, change its identity.
// The first argument is the verb, the second the puppet.
if (Environment.GetEnvironmentVariable("CHILDPROC_TEST_SWITCH") is { } internalSwitch)
{
    AppContext.SetSwitch(internalSwitch, true);
}

string? containment = Environment.GetEnvironmentVariable("CHILDPROC_TEST_CONTAINMENT");
if (containment is not null)
{
    ChildProcessHost.Configure(new ChildProcessHostOptions
    {
        Containment = Enum.Parse<Containment>(containment),
        GuardianPath = Environment.GetEnvironmentVariable("CHILDPROC_TEST_GUARDIAN"),
        StartTimeout = Environment.GetEnvironmentVariable("CHILDPROC_TEST_START_TIMEOUT") is { } timeout
            ? TimeSpan.FromMilliseconds(int.Parse(timeout, CultureInfo.InvariantCulture))
            : new ChildProcessHostOptions().StartTimeout,
    });
}

string orphan = containment == nameof(Containment.ProcessGroup) ? "orphan" : "daemon"; // what the containment holds
string verb = args[0], puppet = args[1];
string[] rest = args[2..];
return verb switch
{
    "trees" => await TreesAsync(int.Parse(rest[0], CultureInfo.InvariantCulture), rest[1..], thenExit: false),
    "trees-exit" => await TreesAsync(int.Parse(rest[0], CultureInfo.InvariantCulture), rest[1..], thenExit: true),
    "owner-lost" => await OwnerLostAsync(rest),
    "start-loop" => StartLoop(),
    "statuses" => await StatusesAsync(),
    "round" => await Round.RunAsync(puppet, rest.FirstOrDefault()),
    "thief" => await WithThiefAsync(),
    "beside-process" => await BesideProcessAsync(),
    "identity" => await IdentityAsync(),
    "bad-credentials" => BadCredentials(),
    "no-descriptors" => NoDescriptors(),
    "short-of-descriptors" => await Shortages.OfDescriptorsAsync(puppet),
    "short-of-processes" => await Shortages.OfProcessesAsync(puppet),
    "kill-without-descriptors" => await Shortages.KillAsync(puppet),
    "null-streams" => await OwnState.NullStreamsAsync(puppet),
    "sandboxed" => Sandboxes.Enter(puppet, rest),
    "guardian-dies" => await GuardianDiesAsync(),
    "interactive" => await InteractiveAsync(rest),
    "flatness" => await Flatness.RunAsync(puppet, rest[0], int.Parse(rest[1], CultureInfo.InvariantCulture)),
    "live-children" => await LiveChildren.RunAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture), int.Parse(rest[1], CultureInfo.InvariantCulture)),
    "echo" => await Echo.RunAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture), int.Parse(rest[1], CultureInfo.InvariantCulture)),
    "quick-ends" => await QuickEnds.RunAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "tee-to-output" => await Echo.TeeToOutputAsync(puppet, rest),
    "own-state" => await OwnState.UnchangedAsync(puppet),
    "earlier-zombie" => await OwnState.EarlierZombieAsync(puppet),
    "to-file" => await OwnState.ToFileAsync(puppet, rest[0], rest[1..]),
    "without-input" => await OwnState.WithoutInputAsync(puppet),
    "copy-outcome" => OwnState.CopyOutcome(puppet, rest[0]),
    "trees-told" => await OwnState.TreesToldAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "outcome" => await OwnState.OutcomeAsync(puppet, rest),
    "prepared-elsewhere" => await OwnState.PreparedElsewhereAsync(rest[0], rest[1]),
    "dispose-on-pool" => await PoolDisposal.RunAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "start-when-told" => await OwnState.StartWhenToldAsync(puppet, rest),
    "telemetry" => await TelemetryRound.RunAsync(puppet),
    "ledger-counts" => await LedgerCounts.RunAsync(puppet),
    "bad-log" => await BadLog.RunAsync(puppet),
    "terminal-after" => await TerminalAfterAsync(rest),
    "shell-killed" => await InheritedShell.KilledAsync(withJob: false),
    "shell-with-job-killed" => await InheritedShell.KilledAsync(withJob: true),
    "watchdog-dies" => await OwnChildren.WatchdogDiesAsync(puppet),
    "watchdog-stands-still" => await OwnChildren.WatchdogStandsStillAsync(puppet),
    "kill-tree" => await OwnChildren.KillTreesAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "detached" => await OwnChildren.DetachedAsync(puppet, rest),
    "detached-cycles" => await OwnChildren.DetachedCyclesAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "pid-reuse" => await PidReuse.RunAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "events-refused" => BrokenEvents.Refused(puppet),
    "no-files" => BrokenEvents.NoFiles(puppet),
    "events-lost" => await BrokenEvents.LostAsync(puppet),
    "fork-chain" => await OwnChildren.ForkChainAsync(puppet, int.Parse(rest[0], CultureInfo.InvariantCulture)),
    "stillborn" => await OwnChildren.StillbornAsync(puppet, rest.Select(Enum.Parse<Containment>)),
    "crowded-starts" => await CrowdedStarts.RunAsync(puppet, Enum.Parse<Containment>(containment!)),
    "clock-steps" => await ClockSteps.RunAsync(puppet),
    "forward" => (await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, rest))).Status.Code ?? 1,
    _ => 64,
};

async Task<int> TerminalAfterAsync(string[] words)
{
    ChildResult first = await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, words));
    ChildResult second = await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "tty-modes"));
    Console.WriteLine($"{first.Status}, {second.Status}");
    return 0;
}

async Task<int> TreesAsync(int count, string[] words, bool thenExit)
{
    List<IChildProcess> children = [];
    for (int i = 0; i < count; i++)
    {
        IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, words) { StandardOutput = ChildStdio.Pipe });
        using StreamReader reader = new(child.StandardOutput.AsStream(leaveOpen: true));
        await reader.ReadLineAsync(); // its "ready"
        children.Add(child);
    }

    Console.WriteLine("ready");
    if (!thenExit)
    {
        Console.ReadLine();
    }

    GC.KeepAlive(children);
    return 0;
}

async Task<int> OwnerLostAsync(string[] words)
{
    ChildProcessStartInfo info = new(puppet, words)
    {
        StandardOutput = ChildStdio.Pipe,
        OnOwnerLost = new StopPolicy(ChildSignal.Terminate, TimeSpan.FromSeconds(20)),
    };
    IChildProcess child = await ChildProcess.StartAsync(info);
    using StreamReader reader = new(child.StandardOutput.AsStream());
    await reader.ReadLineAsync();
    Console.WriteLine("ready");
    Console.ReadLine();
    GC.KeepAlive(child);
    return 0;
}

int StartLoop()
{
    PreparedCommand command = ChildProcess.Prepare(new ChildProcessStartInfo(puppet, "seq", orphan, "pause", ",", "pause"));
    for (int i = 0; i < 3; i++)
    {
        new Thread(() =>
        {
            List<IChildProcess> live = [];
            while (true)
            {
                live.Add(command.Start());
                if (live.Count == 20)
                {
                    live.ForEach(static c => c.Dispose());
                    live.Clear();
                }
            }
        }).Start();
    }

    Console.WriteLine("ready");
    Thread.Sleep(Timeout.Infinite);
    return 0;
}

async Task<int> StatusesAsync()
{
    for (int i = 0; i < 300; i++)
    {
        int code = i % 256;
        ExitStatus status = (await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", code.ToString(CultureInfo.InvariantCulture)))).Status;
        if (status.Code != code)
        {
            Console.WriteLine($"wrong: {status} for {code}");
            return 1;
        }
    }

    ExitStatus killed = (await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "signal-self", "KILL"))).Status;
    Console.WriteLine(killed.Signal == ChildSignal.Kill ? "exact" : $"wrong: {killed}");
    return 0;
}

async Task<int> WithThiefAsync()
{
    using CancellationTokenSource over = new();
    Thread thief = new(() =>
    {
        while (!over.IsCancellationRequested)
        {
            if (Native.WaitPid(-1, out _, 1 /* WNOHANG */) <= 0)
            {
                Thread.Yield();
            }
        }
    });
    thief.Start();
    int result = await StatusesAsync();
    await over.CancelAsync();
    thief.Join();
    return result;
}

async Task<int> BesideProcessAsync()
{
    using CancellationTokenSource over = new();
    Task[] others = new Task[3];
    for (int i = 0; i < others.Length; i++)
    {
        others[i] = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                using Process process = Process.Start(puppet, ["exit", "7"]);
                await process.WaitForExitAsync();
                if (process.ExitCode != 7)
                {
                    Console.WriteLine($"wrong: Process {process.ExitCode}");
                }
            }
        });
    }

    int result = await StatusesAsync();
    await over.CancelAsync();
    await Task.WhenAll(others);
    return result;
}

async Task<int> IdentityAsync()
{
    Console.WriteLine((await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "ids"))).StandardOutput.Split('\n')[1]);
    const uint Nobody = 65534;
    if (Native.SetEGid(Nobody) != 0 || Native.SetEUid(Nobody) != 0)
    {
        return 77;
    }

    CapturedResult after = await ChildProcess.CaptureAsync(new ChildProcessStartInfo(puppet, "ids"));
    Console.WriteLine(after.StandardOutput.Split('\n')[1]);
    Console.WriteLine(after.StandardOutput.Split('\n')[3]);
    return Native.SetEUid(0) == 0 && Native.SetEGid(0) == 0 ? 0 : 1;
}

int BadCredentials()
{
    const uint Nobody = 65534;
    if (Native.SetEUid(Nobody) != 0)
    {
        return 77;
    }

    try
    {
        ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "0") { Credentials = new ChildCredentials(1, 1) }).Dispose();
        Console.WriteLine("started");
    }
    catch (ChildProcessStartException e)
    {
        Console.WriteLine($"{e.Stage} {e.NativeErrorCode}");
    }

    return 0;
}

int NoDescriptors()
{
    using (IChildProcess first = ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "0")))
    {
        first.WaitForExit();
    }

    List<int> taken = [];
    int descriptor;
    while ((descriptor = Native.Dup(0)) >= 0)
    {
        taken.Add(descriptor);
    }

    string outcome;
    try
    {
        using IChildProcess child = ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "0") { StandardOutput = ChildStdio.Pipe });
        outcome = "started";
    }
    catch (ChildProcessStartException e)
    {
        outcome = $"{e.Stage} {e.NativeErrorCode}";
    }

    taken.ForEach(static d => _ = Native.Close(d));
    using IChildProcess after = ChildProcess.Start(new ChildProcessStartInfo(puppet, "exit", "5"));
    Console.WriteLine($"{outcome}, then {after.WaitForExit()}");
    return 0;
}

// For a host that is PID 1 or a subreaper: the keepers become its children, and it must bury them.
async Task<int> GuardianDiesAsync()
{
    await using IChildProcess running = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, "pause"));
    foreach (string process in Directory.GetDirectories("/proc"))
    {
        if (int.TryParse(Path.GetFileName(process), out int pid) && OfProc(process + "/comm") == "childproc-guard\n")
        {
            _ = Native.Kill(pid, 9);
        }
    }

    ExitStatus next = (await ChildProcess.RunAsync(new ChildProcessStartInfo(puppet, "exit", "3"))).Status;
    ExitStatus stopped = await running.StopAsync(new StopPolicy(ChildSignal.Terminate, TimeSpan.FromHours(1)));
    long deadline = Environment.TickCount64 + 30_000;
    int zombies = 1;
    while (zombies > 0 && Environment.TickCount64 < deadline)
    {
        zombies = Directory.GetDirectories("/proc")
            .Count(static p => int.TryParse(Path.GetFileName(p), out _) && OfProc(p + "/stat").Contains(") Z ", StringComparison.Ordinal));
        await Task.Delay(5);
    }

    Console.WriteLine($"{next}, {stopped}, zombies {zombies}");
    return 0;
}

// Empty when the process is gone.
static string OfProc(string path)
{
    try
    {
        return File.ReadAllText(path);
    }
    catch (IOException)
    {
        return "";
    }
}

// Under a terminal: a child in the host's own process group, both of which take the terminal's signals.
async Task<int> InteractiveAsync(string[] words)
{
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context =>
    {
        context.Cancel = true;
        Console.WriteLine("host interrupted");
    });
    using PosixSignalRegistration go = PosixSignalRegistration.Create(PosixSignal.SIGCONT, static _ => Console.WriteLine("host continued"));
    await using IChildProcess child = await ChildProcess.StartAsync(new ChildProcessStartInfo(puppet, words));
    Console.WriteLine("host ready");
    ExitStatus status = await child.WaitForExitAsync();
    Console.WriteLine($"child {status}");
    return 0;
}

internal static partial class Native
{
    [LibraryImport("libc", EntryPoint = "waitpid")]
    internal static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "seteuid")]
    internal static partial int SetEUid(uint id);

    [LibraryImport("libc", EntryPoint = "setegid")]
    internal static partial int SetEGid(uint id);

    [LibraryImport("libc", EntryPoint = "prctl")]
    internal static partial int PrCtl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "dup")]
    internal static partial int Dup(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    internal static partial int Dup2(int descriptor, int number);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    internal static partial int GetLimit(int resource, ref BrokenEvents.Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    internal static partial int SetLimit(int resource, in BrokenEvents.Limit limit);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int descriptor, byte[] bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Kill(int pid, int signal);
}
