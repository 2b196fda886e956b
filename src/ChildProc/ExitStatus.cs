using System.Globalization;

namespace ChildProc;

/// <summary>How a child ended: by an exit code, by a signal, or in a way that nobody can tell any more.</summary>
/// <remarks>A value is one of these three; the default value is <see cref="Unknown"/>.</remarks>
public readonly record struct ExitStatus
{
    private readonly ResourceUsage _usage;
    private readonly int _value; // exit code or signal number
    private readonly Kind _kind;

    private ExitStatus(Kind kind, int value, in ResourceUsage usage)
    {
        _kind = kind;
        _value = value;
        _usage = usage;
    }

    private enum Kind : byte
    {
        Unknown = 0,
        Code,
        Signal,
        CoreDump,
    }

    /// <summary>The status of a child whose end was seen but whose status was lost, to another reaper for example.</summary>
    public static ExitStatus Unknown => default;

    /// <summary>
    /// The exit code; null when a signal ended the child. 0 to 255 on Unix. On Windows the whole of its 32 bits: 0xC0000005, an
    /// access violation, is -1073741819, 259 is a code like any other, and what is killed by this library has -1.
    /// </summary>
    public int? Code => _kind == Kind.Code ? _value : null;

    /// <summary>The signal that ended the child; null unless one did.</summary>
    public ChildSignal? Signal => _kind >= Kind.Signal ? ChildSignal.FromNumber(_value) : null;

    /// <summary>Whether the signal that ended the child made the kernel dump its core (CLD_DUMPED of waitid(2)).</summary>
    public bool CoreDumped => _kind == Kind.CoreDump;

    /// <summary>Whether it is known how the child ended.</summary>
    public bool IsKnown => _kind != Kind.Unknown;

    /// <summary>Whether the child exited with code 0.</summary>
    public bool IsSuccess => _kind == Kind.Code && _value == 0;

    /// <summary>What the child used up; all zero when unknown.</summary>
    public ResourceUsage Usage => _usage;

    /// <summary>Throws unless the child exited with code 0.</summary>
    /// <returns>This status.</returns>
    /// <exception cref="ChildProcessExitException">
    /// The child ended in another way. Its file name is empty, for a status does not know its child.
    /// </exception>
    public ExitStatus EnsureSuccess() => IsSuccess ? this : throw new ChildProcessExitException("", this);

    /// <summary>Describes the end: "exit 3", "SIGKILL", "SIGSEGV (core dumped)" or "unknown".</summary>
    /// <returns>The description.</returns>
    public override string ToString() => _kind switch
    {
        Kind.Code => string.Create(CultureInfo.InvariantCulture, $"exit {_value}"),
        Kind.Signal => ChildSignal.FromNumber(_value).Name,
        Kind.CoreDump => $"{ChildSignal.FromNumber(_value).Name} (core dumped)",
        _ => "unknown",
    };

    /// <summary>The status of a child that exited by itself.</summary>
    /// <param name="code">The exit code.</param>
    /// <param name="usage">What it used.</param>
    /// <returns>The status; public so that fakes can make one.</returns>
    public static ExitStatus FromCode(int code, ResourceUsage usage = default) => new(Kind.Code, code, usage);

    /// <summary>The status of a child that a signal ended.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="core">Whether it left a core dump.</param>
    /// <param name="usage">What it used.</param>
    /// <returns>The status; public so that fakes can make one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No signal is given.</exception>
    public static ExitStatus FromSignal(ChildSignal signal, bool core = false, ResourceUsage usage = default)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(signal.Number, 0, nameof(signal));
        return new(core ? Kind.CoreDump : Kind.Signal, signal.Number, usage);
    }
}
