using System.Runtime.CompilerServices;
using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>A lock as the scheduler knows it.</summary>
internal sealed class Gate
{
    private int _owner, _depth;

    internal List<object> Sleepers { get; } = [];

    internal void Enter(string what)
    {
        Scheduler.Point(what);
        Take(what);
    }

    internal void Exit()
    {
        if (--_depth == 0)
        {
            _owner = 0;
        }
    }

    /// <summary>False when the time is over.</summary>
    internal bool Sleep(long deadline)
    {
        object sleeper = new();
        Sleepers.Add(sleeper);
        (int depth, _depth, _owner) = (_depth, 0, 0);
        bool woken = Scheduler.Block("Monitor.Wait", () => !Sleepers.Contains(sleeper), deadline);
        Sleepers.Remove(sleeper);
        Take("Monitor.Wait");
        _depth = depth;
        return woken;
    }

    private void Take(string what)
    {
        int me = Scheduler.ActorId;
        if (_owner != me || me == 0)
        {
            Scheduler.Block(what, () => _owner == 0);
            _owner = me;
        }

        _depth++;
    }
}

/// <summary>In the place of <see cref="System.Threading.Monitor"/>.</summary>
public static class Monitor
{
    private static readonly ConditionalWeakTable<object, Gate> s_gates = [];

    public static void Enter(object on, ref bool taken)
    {
        Of(on).Enter($"lock {on.GetType().Name}");
        taken = true;
    }

    public static void Exit(object on) => Of(on).Exit();

    public static bool Wait(object on, int milliseconds)
        => Of(on).Sleep(Scheduler.After(milliseconds));

    public static void Pulse(object on)
    {
        if (Of(on).Sleepers is { Count: > 0 } sleepers)
        {
            sleepers.RemoveAt(0);
        }
    }

    public static void PulseAll(object on) => Of(on).Sleepers.Clear();

    private static Gate Of(object on)
    {
        lock (s_gates)
        {
            return s_gates.GetOrCreateValue(on);
        }
    }
}

/// <summary>In the place of <see cref="System.Threading.Lock"/>.</summary>
public sealed class Lock
{
    private readonly Gate _gate = new();

    public Scope EnterScope()
    {
        _gate.Enter("Lock");
        return new Scope(this);
    }

    public readonly ref struct Scope(Lock on)
    {
        public void Dispose() => on._gate.Exit();
    }
}
