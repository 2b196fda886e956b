using Microsoft.Extensions.Logging;

namespace ChildProc;

/// <summary>Settings of a host of this machine. Immutable.</summary>
public sealed class ChildProcessHostOptions
{
    private readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(30);
    private readonly Containment _containment = Containment.Tree;

    /// <summary>Where messages go; null, the default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// What <see cref="Containment.Tree"/> means for the children of this host: the best that the platform has, by default;
    /// or <see cref="Containment.ProcessGroup"/>, so that children are the host's own, for tools that look for them there.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Neither of the two.</exception>
    public Containment Containment
    {
        get => _containment;
        init
        {
            if (value is not (Containment.Tree or Containment.ProcessGroup))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "Only Tree and ProcessGroup can be the default of a host.");
            }

            _containment = value;
        }
    }

    /// <summary>
    /// Linux: a guardian on disk, for systems on which programs started from memory raise an alarm. Null, the default: the
    /// one inside the library. Where it cannot be started, children have a process group (<see cref="Containment.ProcessGroup"/>)
    /// and are started by posix_spawn(3) alone.
    /// </summary>
    public string? GuardianPath { get; init; }

    /// <summary>
    /// Whether spans have the arguments of the child (<c>process.command_args</c>), which may be secrets: so not, by default.
    /// Environment variables never are in telemetry.
    /// </summary>
    public bool RecordArguments { get; init; }

    /// <summary>How long a start may take, a slow file system included; 30 s by default. More than 24 days is no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one millisecond.</exception>
    public TimeSpan StartTimeout
    {
        get => _startTimeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1));
            _startTimeout = value;
        }
    }
}
