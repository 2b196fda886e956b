using System.Text.Json;
using ChildProc.Interop;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>
/// Runs a command under watch and leaves a bundle of evidence. The order matters: sources first, then the command; at its end
/// zombies, then the time to settle, then the last look, and only when all that is written down are survivors ended.
/// </summary>
internal sealed class Runner : IDisposable
{
    private static readonly TimeSpan s_helperPatience = TimeSpan.FromSeconds(10);

    private readonly RunSettings _settings;
    private readonly FactLog _log;
    private readonly Reaper _reaper;
    private readonly Dictionary<string, string> _unavailable = [];
    private readonly List<string> _sources = ["sub"];
    private FactLog? _connectorLog;
    private ProcConnector? _connector;
    private PerfTool? _perf;
    private int _tracer;
    private volatile bool _timedOut;

    internal Runner(RunSettings settings)
    {
        _settings = settings;
        Directory.CreateDirectory(settings.Bundle);
        _log = new(InBundle("sub.ndjson"), FactSource.Sub);
        _reaper = new(_log);
    }

    /// <summary>Processes that could not be ended.</summary>
    internal IReadOnlyList<string> Unkillable { get; private set; } = [];

    internal int Status => _reaper.Status;

    internal bool TimedOut => _timedOut;

    private string InBundle(string name) => Path.Combine(_settings.Bundle, name);

    /// <exception cref="StartException">The command cannot be started.</exception>
    internal void Run()
    {
        string program = Spawner.Find(_settings.Command[0]);
        long offsetBefore = LibC.ClockOffset();
        List<string> baseline = Baseline();
        bool ignored = (ProcFs.Ignored(Environment.ProcessId) & (1UL << 16)) != 0;
        Reaper.Become();
        OpenSources();
        using SignalForwarder signals = new(_reaper);
        int root = Start(program);
        _reaper.Start(root);
        _connector?.Follow(root);
        using (_settings.Sources.Contains("proc") ? new Sampler(root, _log, _reaper.TracerName) : null)
        using (Timer? timeout = StartTimeout())
        {
            if (_sources.Contains("strace"))
                FindTracer(root);
            _reaper.WaitForRoot();
        }

        long ended = LibC.Now();
        Settle(ended, signals);
        LastLook();
        if (_settings.KillLeaked)
            Unkillable = [.. new Sweep(_reaper, _log).Run().Select(static p => $"{p.Pid} {p.Name}, state {p.State}")];
        CloseSources();
        WriteManifest(root, offsetBefore, baseline, ignored);
    }

    private void OpenSources()
    {
        if (_settings.Sources.Contains("proc"))
            _sources.Add("proc");
        if (_settings.Sources.Contains("cn"))
        {
            (int socket, string? why) = ProcConnector.Open();
            if (why is null)
            {
                _connectorLog = new(InBundle("cn.ndjson"), FactSource.Connector);
                _connector = ProcConnector.Start(socket, _connectorLog);
                _sources.Add("cn");
            }
            else
                Without("cn", why);
        }

        if (_settings.Sources.Contains("strace"))
        {
            if (SourceProbe.Strace() is { } why)
                Without("strace", why);
            else
            {
                _reaper.TracerName = "strace";
                _sources.Add("strace");
            }
        }

        if (_settings.Sources.Contains("perf"))
        {
            try
            {
                _perf = PerfTool.Start(_settings.Bundle);
                _reaper.AddHelper(_perf.Pid);
                _sources.Add("perf");
            }
            catch (Exception e) when (e is StartException or IOException)
            {
                _reaper.ReapAll();
                Without("perf", e.Message);
            }
        }

        if (_settings.Sources.Contains("app"))
            _sources.Add("app");
    }

    private void Without(string source, string why)
    {
        if (!_settings.Optional.Contains(source))
            throw new EvidenceException($"source {source} was asked for and cannot be used: {why}");
        _unavailable[source] = why;
    }

    private int Start(string program)
    {
        Dictionary<string, string> environment = [];
        if (_sources.Contains("app"))
        {
            environment["DOTNET_EnableEventPipe"] = "1";
            environment["DOTNET_EventPipeConfig"] = "ChildProc:0xffffffffffffffff:5";
            environment["DOTNET_EventPipeOutputPath"] = InBundle("{pid}.nettrace");
            environment["DOTNET_EventPipeOutputStreaming"] = "1";
            environment["DOTNET_EventPipeRundown"] = "0";
        }

        if (_settings.Stacks)
            environment["CHILDPROC_TRACK_STACKS"] = "1";
        if (!_sources.Contains("strace"))
            return Spawner.Start(program, _settings.Command, environment);
        StraceTool.AddEnvironment(environment);
        return Spawner.Start(Spawner.Find("strace"), StraceTool.Arguments(InBundle("strace.log"), _settings.Command), environment);
    }

    private Timer? StartTimeout()
    {
        if (_settings.Timeout is not { } time)
            return null;
        const int Term = 15, Kill = 9;
        int round = 0;
        return new(_ =>
        {
            _timedOut = true;
            _reaper.Signal(round++ == 0 ? Term : Kill);
        }, null, time, TimeSpan.FromSeconds(2));
    }

    /// <summary>The tracer shows itself once the target is traced; a target that is over by then needs no end of it.</summary>
    private void FindTracer(int root)
    {
        long deadline = LibC.Now() + s_helperPatience.Ticks * 100;
        while ((_tracer = ProcFs.TracerOf(root)) == 0 && ProcStat.Read(root) is { IsDead: false } && LibC.Now() < deadline)
            Thread.Sleep(1);
    }

    private void Settle(long ended, SignalForwarder signals)
    {
        long deadline = ended + _settings.Settle.Ticks * 100;
        for (int pause = 1; ; pause = Math.Min(pause * 2, 20))
        {
            _reaper.ReapAll();
            if (ProcFs.Descendants(Environment.ProcessId).TrueForAll(p => p.IsDead || _reaper.IsHelper(p)))
                return;
            if (LibC.Now() >= deadline)
                return;
            if (signals.WasAsked && !_timedOut && LibC.Now() - ended > 100_000_000)
            {
                _log.Add(FactKind.Gap, text: "a signal cut the settling time short");
                return;
            }

            Thread.Sleep(pause);
        }
    }

    /// <summary>Whoever is still there is left behind.</summary>
    private void LastLook()
    {
        _reaper.ReapAll();
        foreach (ProcStat left in ProcFs.Descendants(Environment.ProcessId))
        {
            if (_reaper.IsHelper(left))
                continue;
            _log.AddLook(left);
            foreach ((int fd, string target) in ProcFs.Descriptors(left.Pid))
                _log.Add(FactKind.SnapFd, pid: left.Pid, fd: fd, key: target);
        }
    }

    private void CloseSources()
    {
        const int Term = 15, Kill = 9;
        if (_tracer != 0 && !WaitForHelper(_tracer, _settings.KillLeaked ? s_helperPatience : TimeSpan.Zero))
        {
            LibC.kill(_tracer, Term); // survivors go on, untraced
            if (!WaitForHelper(_tracer, s_helperPatience))
                LibC.kill(_tracer, Kill);
        }

        if (_perf is not null)
        {
            _perf.Stop();
            if (!WaitForHelper(_perf.Pid, s_helperPatience))
            {
                LibC.kill(_perf.Pid, Kill);
                _log.Add(FactKind.Gap, text: "perf did not end");
            }
        }

        _reaper.ReapAll();
        _connector?.Dispose();
        _connectorLog?.Dispose();
        if (_perf is not null)
        {
            _perf = null;
            PerfTool.Convert(_settings.Bundle, _log);
        }
    }

    private bool WaitForHelper(int pid, TimeSpan time)
    {
        long deadline = LibC.Now() + time.Ticks * 100;
        while (true)
        {
            _reaper.ReapAll();
            if (ProcStat.Read(pid) is not { IsDead: false })
                return true;
            if (LibC.Now() >= deadline)
                return false;
            Thread.Sleep(2);
        }
    }

    /// <summary>Descriptors that the command is given from outside: nobody's leak.</summary>
    private static List<string> Baseline() =>
        [.. ProcFs.Descriptors(Environment.ProcessId).Where(static d => d.Fd > 2 && ProcFs.Field($"/proc/self/fdinfo/{d.Fd}", "flags:") is { } flags && !IsCloseOnExec(flags)).Select(static d => $"{d.Fd} {d.Target}")];

    private static bool IsCloseOnExec(string octal)
    {
        const int CloseOnExec = 0x80000;
        return (Convert.ToInt32(octal, 8) & CloseOnExec) != 0;
    }

    private void WriteManifest(int root, long offsetBefore, List<string> baseline, bool ignored)
    {
        _log.Dispose();
        string[] evidence = [.. Directory.GetFiles(_settings.Bundle).Where(static f => !f.EndsWith(".err", StringComparison.Ordinal))];
        Manifest manifest = new()
        {
            Files = evidence.ToDictionary(static f => Path.GetFileName(f), static f => new FileInfo(f).Length),
            Tool = typeof(Runner).Assembly.GetName().Version!.ToString(3), Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), Command = _settings.Command, RootPid = root,
            Sources = _sources, Unavailable = _unavailable, ClockOffsetBefore = offsetBefore, ClockOffsetAfter = LibC.ClockOffset(), BaselineDescriptors = baseline,
            ChildSignalIgnored = ignored, ExitCode = _reaper.ExitCode, ExitSignal = _reaper.ExitSignal, TimedOut = _timedOut, SettleSeconds = _settings.Settle.TotalSeconds,
        };
        File.WriteAllText(InBundle("manifest.json"), JsonSerializer.Serialize(manifest, ManifestJson.Default.Manifest));
    }

    public void Dispose()
    {
        _perf?.Stop();
        _connector?.Dispose();
        _connectorLog?.Dispose();
        _log.Dispose();
    }
}
