using ChildProc.Interop;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Run;

namespace ChildProc.Tool.Sources;

/// <summary>
/// Looks at the tree through /proc again and again: who is there, and who is a zombie. It tells how long a zombie had been one
/// when its parent ended; what lives shorter than the time between two looks it does not see.
/// </summary>
internal sealed class Sampler : IDisposable
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10), s_longest = TimeSpan.FromMilliseconds(50);

    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly FactLog _log;
    private readonly int _root;
    private readonly string? _tracerName;
    private readonly Dictionary<int, (long Started, bool IsDead, string Name)> _seen = [];

    internal Sampler(int root, FactLog log, string? tracerName)
    {
        (_root, _log, _tracerName) = (root, log, tracerName);
        _thread = new(Loop) { IsBackground = true, Name = "sampler" };
        _thread.Start();
    }

    private void Loop()
    {
        Look(); // compiles what a look calls: the time that it took says nothing of the next
        TimeSpan pause;
        do
        {
            long began = LibC.Now();
            Look();
            // Never more than a hundredth of one processor.
            TimeSpan cost = TimeSpan.FromTicks((LibC.Now() - began) / 100);
            pause = TimeSpan.FromTicks(Math.Clamp(cost.Ticks * 100, s_shortest.Ticks, Math.Max(s_longest.Ticks, cost.Ticks * 100)));
        }
        while (!_stop.Wait(pause));
    }

    private void Look()
    {
        Queue<int> todo = new([_root]);
        HashSet<int> now = [];
        while (todo.TryDequeue(out int pid))
        {
            if (!now.Add(pid) || ProcStat.Read(pid) is not { } stat || stat.Name == _tracerName)
                continue;
            bool known = _seen.TryGetValue(pid, out (long Started, bool IsDead, string Name) before);
            if (known && before.Started != stat.Started)
            {
                TellGone(pid); // its id was given again
                known = false;
            }

            if (!known || (stat.IsDead && !before.IsDead) || before.Name != stat.Name)
                _log.AddLook(stat, by: FactSource.Proc);
            _seen[pid] = (stat.Started, stat.IsDead, stat.Name);
            foreach (int child in ProcFile.Children(pid))
                todo.Enqueue(child);
        }

        // Whoever has another parent now, the tool, is there still.
        foreach (int pid in _seen.Keys.Where(pid => !now.Contains(pid) && ProcStat.Read(pid)?.Started != _seen[pid].Started).ToList())
            TellGone(pid);
    }

    private void TellGone(int pid)
    {
        _log.Add(FactKind.SnapProcess, pid: pid, flags: FactFlags.Gone, by: FactSource.Proc);
        _seen.Remove(pid);
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }
}
