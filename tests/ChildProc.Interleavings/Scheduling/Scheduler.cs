using System.Text;

namespace ChildProc.Interleavings.Scheduling;

/// <summary>Runs actors, each a thread, one at a time, and decides at every point of theirs who goes on.</summary>
/// <remarks>
/// Who has the highest priority of those that can go on does. Priorities are random, and at some points, how many differs from
/// schedule to schedule, the one that runs falls behind all others: few such changes find most races (Burckhardt et al., "A
/// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010). Time passes when nobody can go on, and now and then
/// before that. The seed determines everything.
/// </remarks>
internal sealed class Scheduler
{
    private const int MostSteps = 50_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20); // of the real time
    [ThreadStatic]
    private static Actor? s_actor;
    private readonly List<Actor> _actors = [];
    private readonly List<(long Due, Action Act)> _alarms = [];
    private readonly Random _random;
    private readonly int _fallsOneIn, _passesOneIn;
    private readonly ManualResetEventSlim _over = new();
    private readonly List<string>? _trace;
    private readonly Action _begin;
    private double _lowest;
    private bool _isAsking;
    private volatile bool _isAborting;
    private string? _failure;

    internal Scheduler(int seed, bool trace, Action begin)
    {
        _random = new Random(seed);
        _fallsOneIn = 4 << _random.Next(7);
        _passesOneIn = 16 << _random.Next(9);
        _trace = trace ? [] : null;
        _begin = begin;
    }

    /// <summary>The one that runs this thread; null for a thread of somebody else's, such as the finalizers'.</summary>
    internal static Scheduler? Current => s_actor?.Scheduler;

    /// <summary>The number of the actor that runs, or 0.</summary>
    internal static int ActorId => s_actor?.Id ?? 0;

    /// <summary>In milliseconds.</summary>
    internal long Now { get; private set; } = 1_000_000;

    internal int Steps { get; private set; }

    /// <summary>Runs a schedule to its end. What is wrong with it, or null.</summary>
    internal string? Run()
    {
        Spawn("main", _begin, isDaemon: false);
        Next()!.Baton.Release();
        if (!_over.Wait(s_patience))
        {
            _failure = $"Somebody blocks the schedule by other means than the scheduler's. {Asleep()}";
        }

        _isAborting = true;
        for (int i = 0; i < _actors.Count; i++)
        {
            _actors[i].End(s_patience);
        }

        return _failure is null || _trace is null ? _failure : $"{_failure}\n{string.Join('\n', _trace.TakeLast(150))}";
    }

    /// <summary>A new actor. One that is a daemon does not keep the schedule from its end.</summary>
    internal Actor Spawn(string name, Action act, bool isDaemon)
    {
        ObjectDisposedException.ThrowIf(_isAborting, this);
        Actor actor = new(this, _actors.Count + 1, name, isDaemon, _random.NextDouble());
        _actors.Add(actor);
        actor.Start(() => Act(actor, act));
        return actor;
    }

    /// <summary>Others may run here, before what comes next.</summary>
    internal static void Point(string what)
    {
        if (s_actor is { } actor && !actor.Scheduler._isAsking)
        {
            actor.Scheduler.Switch(actor, what);
        }
    }

    /// <summary>The actor goes on when this is so, or the time is over: then false. It must change nothing.</summary>
    internal static bool Block(string what, Func<bool> isReady, long deadline = long.MaxValue)
    {
        if (s_actor is not { } actor)
        {
            return SpinWait.SpinUntil(isReady, 1000); // a thread that is nobody's: a finalizer of a schedule that is over
        }

        (actor.IsReady, actor.Deadline) = (isReady, deadline);
        actor.Scheduler.Switch(actor, what);
        bool ready = actor.Scheduler.Asked(isReady);
        (actor.IsReady, actor.Deadline) = (null, long.MaxValue);
        return ready;
    }

    /// <summary>When so many milliseconds are over; the most that the system takes are for ever, so that a wait without an end is seen.</summary>
    internal static long After(int milliseconds) => milliseconds is < 0 or int.MaxValue ? long.MaxValue : (Current?.Now ?? 0) + milliseconds;

    /// <summary>The others go first.</summary>
    internal static void Yield()
    {
        if (s_actor is { } actor)
        {
            actor.Priority = --actor.Scheduler._lowest;
            Point("yield");
        }
    }

    /// <summary>Until nobody else can go on without the time passing.</summary>
    internal static void Settle()
    {
        Actor me = s_actor!;
        Block("settle", () => !me.Scheduler._actors.Exists(actor => actor != me && actor.CanGoOn(me.Scheduler.Now)));
    }

    /// <summary>Something happens by itself at that time.</summary>
    internal void SetAlarm(long due, Action act) => _alarms.Add((due, act));

    internal void CancelAlarm(Action act) => _alarms.RemoveAll(alarm => alarm.Act == act);

    /// <summary>A choice that the schedule makes, from 0 up.</summary>
    internal int Choose(int ways) => _random.Next(ways);

    /// <summary>Ends the schedule.</summary>
    internal void Fail(string what)
    {
        _failure ??= what;
        _over.Set();
        throw new ScheduleOverException();
    }

    private void Act(Actor actor, Action act)
    {
        s_actor = actor;
        try
        {
            Await(actor);
            act();
        }
        catch (ScheduleOverException)
        {
        }
        catch (Exception e) when (_isAborting || _failure is not null)
        {
            _ = e; // of what was torn down
        }
        catch (Exception e)
        {
            _failure = $"{actor.Name}: {e}";
            _over.Set();
        }

        s_actor = null;
        actor.IsOver = true;
        if (!_over.IsSet)
        {
            try
            {
                Next()?.Baton.Release();
            }
            catch (ScheduleOverException)
            {
            }
        }
    }

    private void Switch(Actor me, string what)
    {
        if (_isAborting || _failure is not null)
        {
            throw new ScheduleOverException();
        }

        if (++Steps > MostSteps)
        {
            Fail($"{me.Name} goes on for ever at {what}.");
        }

        if (_random.Next(_fallsOneIn) == 0)
        {
            me.Priority = --_lowest;
        }

        if (_random.Next(_passesOneIn) == 0)
        {
            Pass();
        }

        me.At = what;
        _trace?.Add($"{Steps,6} {Now - 1_000_000,6} ms {me.Name}: {(me.IsReady is null ? "" : "waits, ")}{what}");
        if (Next() is { } next && next != me)
        {
            next.Baton.Release();
            Await(me);
        }
    }

    private void Await(Actor me)
    {
        me.Baton.Wait();
        if (_isAborting || _failure is not null)
        {
            throw new ScheduleOverException();
        }
    }

    // Who goes on. Null at the end.
    private Actor? Next()
    {
        while (true)
        {
            Actor? best = null;
            _isAsking = true;
            foreach (Actor actor in _actors)
            {
                if ((best is null || actor.Priority > best.Priority) && actor.CanGoOn(Now))
                {
                    best = actor;
                }
            }

            _isAsking = false;
            if (best is not null)
            {
                return best;
            }

            if (_actors.TrueForAll(static actor => actor.IsOver || actor.IsDaemon))
            {
                _over.Set();
                return null;
            }

            if (!Pass())
            {
                Fail(Asleep());
            }
        }
    }

    // To the next moment that somebody waits for. False: there is none.
    private bool Pass()
    {
        long next = _alarms.Count == 0 ? long.MaxValue : _alarms.Min(static alarm => alarm.Due);
        foreach (Actor actor in _actors)
        {
            next = actor.IsOver || actor.Deadline <= Now ? next : Math.Min(next, actor.Deadline);
        }

        if (next == long.MaxValue)
        {
            return false;
        }

        Now = Math.Max(Now, next);
        foreach ((long _, Action act) in _alarms.FindAll(alarm => alarm.Due <= Now))
        {
            CancelAlarm(act);
            act();
        }

        return true;
    }

    private bool Asked(Func<bool> isReady)
    {
        _isAsking = true;
        bool ready = isReady();
        _isAsking = false;
        return ready;
    }

    private string Asleep()
    {
        StringBuilder text = new("Nobody can go on:");
        foreach (Actor actor in _actors.Where(static actor => !actor.IsOver))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n  {actor.Name} waits: {actor.At}");
        }

        return text.ToString();
    }
}

/// <summary>Unwinds an actor whose schedule is over.</summary>
internal sealed class ScheduleOverException : Exception;
