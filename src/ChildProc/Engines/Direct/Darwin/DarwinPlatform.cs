using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>What all engines of the process share on macOS: the system, its events, the sweeper and the watchdog.</summary>
internal sealed class DarwinPlatform : IDisposable
{
    private static readonly Lock s_creation = new();
    private static DarwinPlatform? s_shared;

    private readonly Lock _gate = new();
    private DarwinReactor? _reactor;
    private bool _runs;
    private int _error; // of the last attempt

    internal DarwinPlatform(IDarwinSystem system)
    {
        System = system;
        Sweeper = new DarwinSweeper(system);
        Watchdog = new DarwinWatchdog(this);
    }

    /// <summary>The one of the process.</summary>
    [SupportedOSPlatform("macos")]
    internal static DarwinPlatform Shared
    {
        get
        {
            lock (s_creation)
            {
                return s_shared ??= new DarwinPlatform(new LibSystem());
            }
        }
    }

    internal IDarwinSystem System { get; }

    /// <summary>Once it runs.</summary>
    internal DarwinReactor Reactor => _reactor!;

    internal DarwinSweeper Sweeper { get; }

    internal DarwinWatchdog Watchdog { get; }

    /// <summary>Starts the threads, for the life of the process. 0, or an errno: it may be tried again.</summary>
    internal int EnsureRunning()
    {
        lock (_gate)
        {
            if (!_runs)
            {
                _reactor ??= DarwinReactor.Start(System, out _error);
                _error = _reactor is null ? _error : Sweeper.Start();
                _runs = _error == 0;
            }

            return _error;
        }
    }

    /// <summary>A pipe with close-on-exec on both ends. 0 or errno.</summary>
    /// <remarks>
    /// There is no pipe2 on macOS: between pipe and fcntl the ends have no close-on-exec (trap 75). No start of this library can
    /// inherit them for that, because each names what it inherits (POSIX_SPAWN_CLOEXEC_DEFAULT), so no lock holds starts up while
    /// one of them waits for a slow disk. A process that other code starts in that moment can; no lock of ours would keep it.
    /// </remarks>
    internal int Pipe(out DarwinDescriptor reads, out DarwinDescriptor writes)
    {
        int error = System.Pipe(out int first, out int second);
        (reads, writes) = (new DarwinDescriptor(System, first), new DarwinDescriptor(System, second));
        error = error != 0 ? error : Prepare(ref reads);
        error = error != 0 ? error : Prepare(ref writes);
        if (error != 0)
        {
            reads.Dispose();
            writes.Dispose();
        }

        return error;
    }

    // Where the host has closed a standard stream, a pipe gets its number: a later child would inherit that as its own.
    private int Prepare(ref DarwinDescriptor end)
    {
        if (end.Number > 2)
        {
            return Math.Max(-System.Control(end.Number, DarwinAbi.F_SETFD, DarwinAbi.FD_CLOEXEC), 0);
        }

        int higher = System.Control(end.Number, DarwinAbi.F_DUPFD_CLOEXEC, 3);
        if (higher >= 0)
        {
            end.Dispose();
            end = new DarwinDescriptor(System, higher);
        }

        return Math.Max(-higher, 0);
    }

    /// <summary>Ends the threads and the watchdog: for a system that ends before the process does.</summary>
    public void Dispose()
    {
        Watchdog.Dispose();
        Sweeper.Dispose();
        _reactor?.Dispose();
    }

}
