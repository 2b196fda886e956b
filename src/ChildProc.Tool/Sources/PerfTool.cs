using ChildProc.Interop;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Run;

namespace ChildProc.Tool.Sources;

/// <summary>
/// perf attached to the tool itself before the start: what a process forks inherits the events, so the target is watched from
/// its first instruction, stays the tool's own child, and its orphans are seen to their end.
/// </summary>
internal sealed class PerfTool
{
    private const string Events = "task:task_newtask,sched:sched_process_exec,sched:sched_process_exit,signal:signal_generate,syscalls:sys_exit_wait4";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    internal int Pid { get; private init; }

    /// <returns>A perf that records already.</returns>
    /// <exception cref="StartException">There is no perf.</exception>
    /// <exception cref="IOException">It does not record.</exception>
    internal static PerfTool Start(string directory)
    {
        string program = Spawner.Find("perf");
        string data = Path.Combine(directory, "perf.data"), messages = Path.Combine(directory, "perf.err");
        using Fifo control = new(Path.Combine(directory, "perf.control")), answer = new(Path.Combine(directory, "perf.answer"));
        int pid = Spawner.Start(program,
            ["perf", "record", "-k", "CLOCK_MONOTONIC", "-e", Events, "-p", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), "-m", "1024", "--control", $"fifo:{control.Path},{answer.Path}", "-o", data], quiet: messages);
        // It answers once its events are set up and enabled.
        control.Write("ping\n"u8);
        long deadline = LibC.Now() + s_patience.Ticks * 100;
        while (!answer.IsReadable(TimeSpan.FromMilliseconds(20)))
        {
            if (ProcStat.Read(pid) is not { IsDead: false } || LibC.Now() > deadline)
            {
                LibC.kill(pid, 9);
                throw new IOException("perf does not record: " + Reason(messages));
            }
        }

        return new PerfTool { Pid = pid };
    }

    private static string Reason(string messages) => File.Exists(messages) && File.ReadAllText(messages).Trim() is { Length: > 0 } text ? text.Split('\n')[0] : "it says nothing";

    /// <summary>Interrupts it: it writes what it has, and ends.</summary>
    internal void Stop() => LibC.kill(Pid, 2);

    /// <summary>Turns its record into text, by perf itself.</summary>
    internal static void Convert(string directory, FactLog log)
    {
        string data = Path.Combine(directory, "perf.data");
        ProgramOutput script = Programs.Run("perf", ["script", "-i", data, "--ns", "-F", "pid,tid,time,event,trace"], Path.Combine(directory, "perf.txt"));
        if (script.Status != 0)
            log.Add(Model.FactKind.Gap, text: "perf script failed: " + script.FirstErrorLine);
        else if (script.Error.Contains("lost", StringComparison.OrdinalIgnoreCase))
            log.Add(Model.FactKind.Gap, text: "perf lost events: " + script.FirstErrorLine);
        File.Delete(data);
    }
}
