namespace ChildProc.Interop;

/// <summary>
/// The host's end of a lifeline: counted as a SafeHandle counts, so that nobody uses a number that is closed, but it can be
/// opened anew. That spares an object and its finalizer per start; the tree that has it sees to its end.
/// </summary>
/// <remarks>
/// It is shut down before it is closed, so that a copy in a process that is between fork and exec at this moment cannot keep
/// the tree alive.
/// </remarks>
internal sealed class Lifeline
{
    private const int Closed = int.MinValue;
    private int _number;
    private int _state = Closed; // users, and whether it is closed for more of them

    internal bool IsClosed => Volatile.Read(ref _state) < 0;

    /// <summary>The last user of the one before is gone, and it is closed.</summary>
    internal bool IsFree => Volatile.Read(ref _state) == Closed;

    internal void Open(int number)
    {
        _number = number;
        Volatile.Write(ref _state, 0);
    }

    /// <summary>For the length of a <c>using</c>; false when it is closed.</summary>
    internal bool TryUse(out Use use)
    {
        int state = Volatile.Read(ref _state);
        while (state >= 0)
        {
            int seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
            {
                use = new Use(this);
                return true;
            }

            state = seen;
        }

        use = default;
        return false;
    }

    /// <summary>For nobody any more; its users finish. Again is the same as once.</summary>
    internal void Close()
    {
        int state = Volatile.Read(ref _state);
        while (state >= 0)
        {
            // Counted as a user for as long as it is being closed: only then is it free.
            int seen = Interlocked.CompareExchange(ref _state, (state + 1) | Closed, state);
            if (seen == state)
            {
                Release();
                return;
            }

            state = seen;
        }
    }

    private void Release()
    {
        int state = Volatile.Read(ref _state);
        while (true)
        {
            if (state == (Closed | 1))
            {
                _ = Libc.shutdown(_number, Libc.SHUT_RDWR);
                _ = Libc.close(_number);
            }

            int seen = Interlocked.CompareExchange(ref _state, state - 1, state);
            if (seen == state)
            {
                return;
            }

            state = seen;
        }
    }

    internal readonly ref struct Use(Lifeline lifeline)
    {
        internal int Number => lifeline._number;

        public void Dispose() => lifeline?.Release();
    }
}
