using ChildProc.Interleavings.Scheduling;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>In the place of <see cref="CancellationToken.UnsafeRegister(Action{object?}, object?)"/>.</summary>
public static class Tokens
{
    public static CancellationTokenRegistration UnsafeRegister(ref CancellationToken token, Action<object?> callback, object? state)
    {
        Scheduler.Point("UnsafeRegister");
        CancellationTokenRegistration.Callback call = new(() => callback(state));
        return new CancellationTokenRegistration(call, token.UnsafeRegister(static call => ((CancellationTokenRegistration.Callback)call!).Run(), call));
    }
}

/// <summary>In the place of <see cref="System.Threading.CancellationTokenRegistration"/>: its disposal waits for a callback that runs.</summary>
public readonly struct CancellationTokenRegistration : IDisposable
{
    private readonly Callback? _call;
    private readonly System.Threading.CancellationTokenRegistration _registration;

    internal CancellationTokenRegistration(Callback call, System.Threading.CancellationTokenRegistration registration)
        => (_call, _registration) = (call, registration);

    public bool Unregister()
    {
        Scheduler.Point("Unregister");
        return _registration.Unregister();
    }

    public void Dispose()
    {
        Callback? call = _call;
        if (call is not null && !Unregister() && call.Runner != Scheduler.ActorId)
        {
            Scheduler.Block("Dispose of a registration", () => call.Runner == 0);
        }
    }

    internal sealed class Callback(Action act)
    {
        /// <summary>Who runs it; 0 before and after that.</summary>
        internal int Runner { get; private set; }

        internal void Run()
        {
            Runner = Scheduler.ActorId;
            Scheduler.Point("cancellation");
            try
            {
                act();
            }
            finally
            {
                Runner = 0;
            }
        }
    }
}
