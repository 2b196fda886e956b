using ChildProc.Engines;

namespace ChildProc;

/// <summary>A command that was checked, resolved and encoded once, to be started often.</summary>
/// <remarks>
/// Immutable and thread-safe. Of the host, the environment is that of the preparation, and so are a program and a working
/// directory that were given as relative paths; without a working directory the child starts in the host's of the moment. The
/// process group and the identity are those of each start. A <see cref="ChildStdio.Stream"/> serves one start at a time;
/// texts, bytes and callbacks serve any number.
/// </remarks>
public sealed class PreparedCommand
{
    private readonly LocalChildProcessHost _host;
    private volatile StartImage _image;

    internal PreparedCommand(LocalChildProcessHost host, ChildProcessStartInfo info, StartImage image)
    {
        _host = host;
        StartInfo = info;
        _image = image;
    }

    /// <summary>What was prepared.</summary>
    public ChildProcessStartInfo StartInfo { get; }

    /// <summary>The form of its engine; another one when that engine turns out not to work here.</summary>
    internal StartImage Image
    {
        get => _image;
        set => _image = value;
    }

    /// <summary>Starts a child; see <see cref="ChildProcess.Start"/>.</summary>
    /// <param name="lifetime">Governs the life of the child.</param>
    /// <returns>The running child.</returns>
    /// <exception cref="ChildProcessStartException">The start failed; nothing is left of it.</exception>
    public IChildProcess Start(CancellationToken lifetime = default) => _host.Start(this, lifetime);

    /// <summary>Starts a child without blocking; see <see cref="ChildProcess.StartAsync"/>.</summary>
    /// <param name="lifetime">Governs the life of the child.</param>
    /// <returns>The running child.</returns>
    /// <exception cref="ChildProcessStartException">The start failed; nothing is left of it.</exception>
    public ValueTask<IChildProcess> StartAsync(CancellationToken lifetime = default) => _host.StartAsync(this, lifetime);
}
