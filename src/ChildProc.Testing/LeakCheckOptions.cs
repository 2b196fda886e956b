namespace ChildProc.Testing;

/// <summary>How a <see cref="LeakCheck"/> looks. Set it up in the callback of <see cref="LeakCheck.Begin"/>; read afterwards, it does not change.</summary>
public sealed class LeakCheckOptions
{
    private readonly List<(LeakFilter Filter, string Because)> _ignored =
    [
        (Leak.Descriptor("anon_inode:[eventpoll]"), "the runtime's socket engine opens it once"),
        (Leak.Descriptor("anon_inode:[eventfd]"), "the runtime opens it once"),
        (Leak.Descriptor("/dev/urandom"), "the runtime opens it once"),
        (Leak.Descriptor("/memfd:doublemapper*"), "the runtime's compiler"),
        (Leak.Descriptor("*.dll"), "an assembly that is loaded"),
        (Leak.Descriptor("*.pdb"), "the symbols of an assembly, for stacks"),
        (Leak.Process(commandLine: "*VBCSCompiler*"), "a shared compiler server"),
        (Leak.Process(commandLine: "*MSBuild.dll*/nodemode:*"), "a build node that is used again"),
    ];

    /// <summary>How long something may take to go away before it counts as left behind; 2 s by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or longer than an hour.</exception>
    public TimeSpan Settle
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            field = value;
        }
    } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether to look at what belongs to no flow of execution: children, zombies, orphans, descriptors and threads of the whole
    /// process. True by default. Set it to false where other tests run at the same time: theirs would be seen, too. Undisposed
    /// children of ChildProc are told apart by the flow that started them, and are always looked at.
    /// </summary>
    public bool ProcessWide { get; set; } = true;

    /// <summary>Whether starts note the stack that made them while the check is open; true by default. It concerns the whole process.</summary>
    public bool TrackStacks { get; set; } = true;

    /// <summary>
    /// Whether children of every flow count, also of those that have a check of their own: for the one check around a whole run
    /// of tests. What such a check has reported as dropped is not reported twice. False by default.
    /// </summary>
    public bool AllFlows { get; set; }

    /// <summary>Leaks that match are reported as ignored, with the reason, and fail nothing.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="because">Why they are no fault.</param>
    /// <exception cref="ArgumentException">No reason is given.</exception>
    public void Ignore(LeakFilter filter, string because)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentException.ThrowIfNullOrWhiteSpace(because);
        _ignored.Add((filter, because));
    }

    internal string? WhyIgnored(Leak leak)
    {
        foreach ((LeakFilter filter, string because) in _ignored)
        {
            if (filter.Matches(leak))
            {
                return because;
            }
        }

        return null;
    }
}
