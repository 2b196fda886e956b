namespace ChildProc;

/// <summary>What is remembered of a child that is disposed, in 64 bits, which are read and written at once: its pid and its end, without what
/// it used, and its start. Before that, the version of its tree.</summary>
/// <remarks>Only of contained children on Linux, whose pids are below 2^22 (PID_MAX_LIMIT), and their codes below 2^8.</remarks>
internal readonly struct PackedEnd
{
    private const int MaxId = (1 << 22) - 1;
    private const uint Signal = 256, Core = 512, Unknown = 768, None = 769;
    private static readonly DateTimeOffset s_epoch = DateTimeOffset.UtcNow.AddHours(-1); // a clock may be set back a little

    internal PackedEnd(ulong bits) => Bits = bits;

    /// <summary>The pid and the end in the upper half, 0 before the end; the start, or the version, in the lower one.</summary>
    internal ulong Bits { get; }

    /// <summary>It is the end, and no version.</summary>
    internal bool IsOver => Upper != 0;

    internal int Version => (int)(uint)Bits;

    internal int Id => (int)(Upper >> 10);

    /// <summary>To the millisecond.</summary>
    internal DateTimeOffset StartTime => s_epoch.AddMilliseconds((uint)Bits);

    internal ExitStatus? Exit => (Upper & 0x3FF) switch
    {
        None => null,
        Unknown => ExitStatus.Unknown,
        var code and < Signal => ExitStatus.FromCode((int)code),
        var end => ExitStatus.FromSignal(ChildSignal.FromNumber((int)(end & 0xFF)), core: end >= Core),
    };

    private uint Upper => (uint)(Bits >> 32);

    internal static PackedEnd OfTree(int version) => new((uint)version);

    /// <summary>False where it does not fit.</summary>
    internal static bool TryPack(int id, DateTimeOffset started, ExitStatus? exit, out PackedEnd end)
    {
        double milliseconds = (started - s_epoch).TotalMilliseconds;
        bool fits = id is > 0 and <= MaxId && milliseconds is >= 0 and < uint.MaxValue && exit?.Code is null or (>= 0 and <= 255);
        end = fits ? new PackedEnd(((ulong)id << 42) | ((ulong)Pack(exit) << 32) | (uint)milliseconds) : default;
        return fits;
    }

    private static uint Pack(ExitStatus? exit) => exit switch
    {
        null => None,
        { Code: { } code } => (uint)code & 0xFF,
        { Signal: { } signal, CoreDumped: var core } => (core ? Core : Signal) + (uint)signal.Number,
        _ => Unknown,
    };
}
