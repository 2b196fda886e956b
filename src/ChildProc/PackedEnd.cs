namespace ChildProc;

/// <summary>What is remembered of a child that is disposed, in 32 bits: its pid and its end, without what it used; and its start in others.</summary>
/// <remarks>Only of contained children on Linux, whose pids are below 2^22 (PID_MAX_LIMIT), and their codes below 2^8.</remarks>
internal readonly struct PackedEnd
{
    private const int MaxId = (1 << 22) - 1;
    private const uint Signal = 256, Core = 512, Unknown = 768, None = 769;
    private static readonly DateTimeOffset s_epoch = DateTimeOffset.UtcNow.AddHours(-1); // a clock may be set back a little
    private readonly uint _bits;

    private PackedEnd(int id, ExitStatus? exit)
    {
        uint end = exit switch
        {
            null => None,
            { Code: { } code } => (uint)code & 0xFF,
            { Signal: { } signal, CoreDumped: var core } => (core ? Core : Signal) + (uint)signal.Number,
            _ => Unknown,
        };
        _bits = ((uint)id << 10) | end;
    }

    /// <summary>False where it does not fit.</summary>
    internal static bool TryPack(int id, DateTimeOffset started, ExitStatus? exit, out PackedEnd end, out int start)
    {
        double milliseconds = (started - s_epoch).TotalMilliseconds;
        bool fits = id is > 0 and <= MaxId && milliseconds is >= 0 and < uint.MaxValue && exit?.Code is null or (>= 0 and <= 255);
        end = fits ? new PackedEnd(id, exit) : default;
        start = fits ? (int)(uint)milliseconds : 0;
        return fits;
    }

    /// <summary>To the millisecond.</summary>
    internal static DateTimeOffset StartTime(int start) => s_epoch.AddMilliseconds((uint)start);

    internal int Id => (int)(_bits >> 10);

    internal ExitStatus? Exit => (_bits & 0x3FF) switch
    {
        None => null,
        Unknown => ExitStatus.Unknown,
        var code and < Signal => ExitStatus.FromCode((int)code),
        var end => ExitStatus.FromSignal(ChildSignal.FromNumber((int)(end & 0xFF)), core: end >= Core),
    };
}
