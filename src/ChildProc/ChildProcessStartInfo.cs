using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ChildProc;

/// <summary>What to start and how: immutable, safe to share between threads, usable for any number of starts.</summary>
/// <remarks>
/// Faults in the values are thrown as <see cref="ArgumentException"/> by the start, before any side effect. Change a copy
/// by <c>new ChildProcessStartInfo(other) { … }</c>.
/// </remarks>
[DebuggerDisplay("{FileName,nq}")]
public sealed class ChildProcessStartInfo
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly ReadOnlyCollection<string> _arguments = ReadOnlyCollection<string>.Empty;
    private readonly ReadOnlyDictionary<string, string?> _environment = ReadOnlyDictionary<string, string?>.Empty;
    private readonly ReadOnlyDictionary<int, SafeHandle> _inheritedHandles = ReadOnlyDictionary<int, SafeHandle>.Empty;
    private readonly ReadOnlyCollection<ResourceLimit> _limits = ReadOnlyCollection<ResourceLimit>.Empty;

    /// <summary>Makes a start info of a program and its arguments.</summary>
    /// <param name="fileName">
    /// The program. With a slash in it: that file, from the current directory of the host. Without: the first match in the
    /// PATH of the child. No shell, no search of the current directory, no expansion.
    /// </param>
    /// <param name="arguments">The arguments after the program name, each passed as it stands; copied.</param>
    /// <exception cref="ArgumentNullException">The file name or the arguments are null.</exception>
    public ChildProcessStartInfo(string fileName, params IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(arguments);
        FileName = fileName;
        ArgumentArray = [.. arguments];
        _arguments = View(ArgumentArray);
    }

    /// <summary>Makes a copy, to be changed by an object initializer.</summary>
    /// <param name="other">The start info to copy.</param>
    /// <exception cref="ArgumentNullException">The start info is null.</exception>
    public ChildProcessStartInfo(ChildProcessStartInfo other)
    {
        ArgumentNullException.ThrowIfNull(other);
        FileName = other.FileName;
        ArgumentArray = other.ArgumentArray;
        _arguments = other._arguments;
        ArgumentZero = other.ArgumentZero;
        WorkingDirectory = other.WorkingDirectory;
        EnvironmentOverlay = other.EnvironmentOverlay;
        _environment = other._environment;
        InheritEnvironment = other.InheritEnvironment;
        StandardInput = other.StandardInput;
        StandardOutput = other.StandardOutput;
        StandardError = other.StandardError;
        TerminalOptions = other.TerminalOptions;
        HandleMap = other.HandleMap;
        _inheritedHandles = other._inheritedHandles;
        Containment = other.Containment;
        ContainmentRequirement = other.ContainmentRequirement;
        Leftovers = other.Leftovers;
        Stop = other.Stop;
        OnOwnerLost = other.OnOwnerLost;
        DrainTimeout = other.DrainTimeout;
        NewProcessGroup = other.NewProcessGroup;
        NewSession = other.NewSession;
        NoNewPrivileges = other.NoNewPrivileges;
        Umask = other.Umask;
        Priority = other.Priority;
        LimitArray = other.LimitArray;
        _limits = other._limits;
        Credentials = other.Credentials;
        OutputEncoding = other.OutputEncoding;
        CaptureLimit = other.CaptureLimit;
        LineLimit = other.LineLimit;
    }

    /// <summary>The program: a path with a slash in it, or a name to be found in the PATH of the child.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public string FileName
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }

    /// <summary>The arguments after the program name, each passed as it stands; copied; default none.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<string> Arguments
    {
        get => _arguments;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            ArgumentArray = [.. value];
            _arguments = View(ArgumentArray);
        }
    }

    /// <summary>What the program sees as its own name (argv[0]); default <see cref="FileName"/>.</summary>
    public string? ArgumentZero { get; init; }

    /// <summary>
    /// The directory that the child starts in; a relative one starts from the host's. Default: that of the host. The
    /// variable PWD follows it unless <see cref="Environment"/> names PWD or nothing is inherited.
    /// </summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Variables to set over the inherited environment; a null value removes one. Names differ by case; copied; default
    /// none.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyDictionary<string, string?> Environment
    {
        get => _environment;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            EnvironmentOverlay = value.Count == 0 ? null : new(value, StringComparer.Ordinal);
            _environment = View(EnvironmentOverlay);
        }
    }

    /// <summary>Whether the child gets the environment of the host; default true.</summary>
    public bool InheritEnvironment { get; init; } = true;

    /// <summary>
    /// Standard input. Null, the default, leaves it to the operation: inherited when started or run, at its end when
    /// captured or read by lines.
    /// </summary>
    public ChildStdio? StandardInput { get; init; }

    /// <summary>
    /// Standard output. Null, the default, leaves it to the operation: inherited when started or run, a pipe when captured
    /// or read by lines.
    /// </summary>
    public ChildStdio? StandardOutput { get; init; }

    /// <summary>
    /// Standard error. Null, the default, leaves it to the operation: inherited when started or run, a pipe when captured
    /// or read by lines.
    /// </summary>
    public ChildStdio? StandardError { get; init; }

    /// <summary>
    /// How the terminal of a child with <see cref="ChildStdio.Terminal"/> looks when it begins; null, the default: 80 columns, 24
    /// rows, <see cref="TerminalMode.Cooked"/>, TERM as inherited. Refused where no stream is a terminal.
    /// </summary>
    public TerminalOptions? TerminalOptions { get; init; }

    /// <summary>
    /// Further handles that the child gets, by the descriptor number that each has in the child: 3 to 1000000, at most 240
    /// of them; copied; default none. The handles stay the caller's to dispose, and open until the child is started.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyDictionary<int, SafeHandle> InheritedHandles
    {
        get => _inheritedHandles;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            HandleMap = value.Count == 0 ? null : new(value);
            _inheritedHandles = View(HandleMap);
        }
    }

    /// <summary>What holds the tree together; default the best that the platform has.</summary>
    public Containment Containment { get; init; } = Containment.Tree;

    /// <summary>How strong the containment has to be at least; default any. See <see cref="ChildProcessHost.GetCapabilities"/>.</summary>
    public ContainmentRequirement ContainmentRequirement { get; init; } = ContainmentRequirement.Any;

    /// <summary>What becomes of descendants that outlive the child; default they are killed with the tree.</summary>
    public Leftovers Leftovers { get; init; } = Leftovers.Kill;

    /// <summary>
    /// How cancellation and a stop without a policy of its own end the tree; default <see cref="StopPolicy.Default"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public StopPolicy Stop
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = StopPolicy.Default;

    /// <summary>
    /// How the tree ends when its owner is lost, in a crash of the host for example; null, the default: killed at once.
    /// </summary>
    public StopPolicy? OnOwnerLost { get; init; }

    /// <summary>
    /// How long output is read on after the child exited while a descendant holds a pipe open; default 5 seconds,
    /// <see cref="Timeout.InfiniteTimeSpan"/>, or more than 24 days, for no limit.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether the child leads a process group of its own; default false: it joins the host's. See setpgid(2). Refused with
    /// <see cref="ChildStdio.Terminal"/>, whose child leads a session.
    /// </summary>
    public bool NewProcessGroup { get; init; }

    /// <summary>
    /// Whether the child leads a session of its own; default false. See setsid(2). The session has no terminal, unless a stream is
    /// <see cref="ChildStdio.Terminal"/>, which implies it.
    /// </summary>
    public bool NewSession { get; init; }

    /// <summary>
    /// Whether set-user-id programs and file capabilities give the tree nothing; default false. Linux only. See prctl(2),
    /// PR_SET_NO_NEW_PRIVS (Linux 3.5).
    /// </summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>The permission bits that files made by the child do not get; default inherited. See umask(2).</summary>
    public UnixFileMode? Umask { get; init; }

    /// <summary>The nice value, from -20 (first) to 19 (last); default inherited. See setpriority(2).</summary>
    public int? Priority { get; init; }

    /// <summary>Limits on resources, at most one per kind; copied; default none. See setrlimit(2).</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<ResourceLimit> Limits
    {
        get => _limits;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            LimitArray = [.. value];
            _limits = View(LimitArray);
        }
    }

    /// <summary>The user and groups that the child runs as; default those of the host.</summary>
    public ChildCredentials? Credentials { get; init; }

    /// <summary>The encoding of captured output and lines; default UTF-8, with U+FFFD for what is not.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public Encoding OutputEncoding
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = s_utf8;

    /// <summary>
    /// How many bytes a capture keeps of each stream; default 64 MiB. Of more, the first and the last half of it are kept, with
    /// a line "[n bytes dropped]" between them.
    /// </summary>
    public int CaptureLimit { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest line that is delivered as one, in UTF-16 characters; default 1,048,576. A longer one comes in pieces.</summary>
    public int LineLimit { get; init; } = 1024 * 1024;

    // The copies behind the read-only views: the engines enumerate these without boxing. Never written after init.
    internal string[] ArgumentArray { get; private init; } = [];

    internal Dictionary<string, string?>? EnvironmentOverlay { get; private init; }

    internal Dictionary<int, SafeHandle>? HandleMap { get; private init; }

    internal ResourceLimit[] LimitArray { get; private init; } = [];

    private static ReadOnlyCollection<T> View<T>(T[] items) =>
        items.Length == 0 ? ReadOnlyCollection<T>.Empty : Array.AsReadOnly(items);

    private static ReadOnlyDictionary<TKey, TValue> View<TKey, TValue>(Dictionary<TKey, TValue>? items)
        where TKey : notnull =>
        items is null ? ReadOnlyDictionary<TKey, TValue>.Empty : new(items);
}
