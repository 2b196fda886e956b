namespace ChildProc;

/// <summary>The hosts of this machine.</summary>
public static class ChildProcessHost
{
    private static readonly Lock s_gate = new();
    private static ChildProcessHostOptions s_options = new();
    private static LocalChildProcessHost? s_local;

    /// <summary>The host behind the static <see cref="ChildProcess"/>. Disposing it does nothing: it lives as long as the process.</summary>
    public static IChildProcessHost Local => LocalHost;

    internal static LocalChildProcessHost LocalHost
    {
        get
        {
            lock (s_gate)
            {
                return s_local ??= new LocalChildProcessHost(s_options, isShared: true);
            }
        }
    }

    /// <summary>Null before its first use.</summary>
    internal static LocalChildProcessHost? LocalIfUsed
    {
        get
        {
            lock (s_gate)
            {
                return s_local;
            }
        }
    }

    /// <summary>Sets the options of <see cref="Local"/>, once, before its first use.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="InvalidOperationException">It was used already.</exception>
    public static void Configure(ChildProcessHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        lock (s_gate)
        {
            if (s_local is not null)
            {
                throw new InvalidOperationException("ChildProcessHost.Local has been used already; configure it before the first start.");
            }

            s_options = options;
        }
    }

    /// <summary>A host with a guardian of its own; disposing it kills its trees.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>The host.</returns>
    public static IChildProcessHost Create(ChildProcessHostOptions? options = null)
        => new LocalChildProcessHost(options ?? new ChildProcessHostOptions(), isShared: false);

    /// <summary>What <see cref="Containment.Tree"/> means for <see cref="Local"/>, and why it is not more.</summary>
    /// <returns>The report. The first call may start the guardian, to find out; that takes some milliseconds.</returns>
    public static ChildProcessCapabilities GetCapabilities() => LocalHost.Capabilities;

    /// <summary>
    /// Linux: later children of <see cref="Local"/> inherit the present state of this process (resource limits, nice value,
    /// affinity, umask, cgroup, namespaces, seccomp filter) in place of its state at the first start. A stronger containment that
    /// could not be had is tried again.
    /// </summary>
    public static void Refresh() => LocalHost.Refresh();
}
