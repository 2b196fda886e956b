using Microsoft.Extensions.Logging;

namespace ChildProc;

/// <summary>Settings of a host of this machine. Immutable.</summary>
public sealed class ChildProcessHostOptions
{
    private readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Where messages go; null, the default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// Linux: a guardian on disk, for systems on which programs started from memory raise an alarm. Null, the default: the
    /// one inside the library.
    /// </summary>
    public string? GuardianPath { get; init; }

    /// <summary>How long a start may take, a slow file system included; 30 s by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not between one millisecond and 24 days.</exception>
    public TimeSpan StartTimeout
    {
        get => _startTimeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMilliseconds(int.MaxValue));
            _startTimeout = value;
        }
    }
}
