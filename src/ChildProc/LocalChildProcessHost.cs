using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Engines;
using ChildProc.Engines.Supervised;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc;

/// <summary>Starts children on this machine, with the engine that the platform has.</summary>
internal sealed class LocalChildProcessHost : IChildProcessHost
{
    private readonly bool _isShared;
    private readonly SupervisedEngine? _engine;
    private readonly string? _whyNot;
    private Task? _disposal;

    internal LocalChildProcessHost(ChildProcessHostOptions options, bool isShared)
    {
        _isShared = isShared;
        ILogger logger = options.LoggerFactory is { } factory ? new DeferredLogger(factory.CreateLogger("ChildProc")) : NullLogger.Instance;
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64)
        {
            _engine = new SupervisedEngine(options, logger);
        }
        else
        {
            _whyNot = $"there is no engine for {RuntimeInformation.RuntimeIdentifier} yet";
        }
    }

    /// <summary>The pid of the guardian, or 0 when none is running.</summary>
    internal int GuardianPid => OperatingSystem.IsLinux() ? _engine?.GuardianPid ?? 0 : 0;

    public async ValueTask<IChildProcess> StartAsync(ChildProcessStartInfo info, CancellationToken lifetime = default)
        => await StartAsync(Prepare(info), lifetime).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (!_isShared && OperatingSystem.IsLinux() && _engine is not null)
        {
            Task disposal;
            lock (_engine)
            {
                disposal = _disposal ??= CloseAsync(_engine);
            }

            await disposal.ConfigureAwait(false);
        }
    }

    internal PreparedCommand Prepare(ChildProcessStartInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        if (!OperatingSystem.IsLinux() || _engine is null)
        {
            throw new PlatformNotSupportedException($"ChildProc cannot start children here: {_whyNot}.");
        }

        RequestImage image = new(info);
        return info.Containment is Containment.Tree or Containment.Supervised
            ? new PreparedCommand(this, info, image)
            : throw new PlatformNotSupportedException($"Containment.{info.Containment} has no engine here yet; Tree and Supervised have.");
    }

    internal LocalChildProcess Start(PreparedCommand command, CancellationToken lifetime)
    {
        lifetime.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException();
        }

        LocalChildProcess child = new(command.StartInfo, _engine!.Start((RequestImage)command.Image), lifetime);
        if (child.WasCanceled)
        {
            child.Dispose(); // cancelled while it was being started
            throw new OperationCanceledException(lifetime);
        }

        return child;
    }

    internal async ValueTask<LocalChildProcess> StartAsync(PreparedCommand command, CancellationToken lifetime)
    {
        lifetime.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException();
        }

        ProcessTree tree = await _engine!.StartAsync((RequestImage)command.Image, lifetime).ConfigureAwait(false);
        LocalChildProcess child = new(command.StartInfo, tree, lifetime);
        if (child.WasCanceled)
        {
            await child.DisposeAsync().ConfigureAwait(false); // cancelled while it was being started
            throw new OperationCanceledException(lifetime);
        }

        return child;
    }

    [SupportedOSPlatform("linux")]
    private static async Task CloseAsync(SupervisedEngine engine)
        => await Task.WhenAll(engine.Close().ConvertAll(static tree => tree.KillAndWaitAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    internal void Refresh()
    {
        if (OperatingSystem.IsLinux())
        {
            _engine?.Refresh();
        }
    }
}
