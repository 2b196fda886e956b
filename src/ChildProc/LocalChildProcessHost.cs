using System.Runtime.CompilerServices;
using ChildProc.Diagnostics;
using ChildProc.Engines;
using ChildProc.Engines.Supervised;
using ChildProc.Start;
using ChildProc.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChildProc;

/// <summary>Starts children on this machine, with the engine that the platform has.</summary>
internal sealed class LocalChildProcessHost : IChildProcessHost
{
    private const int MaxAttempts = 3;
    private readonly bool _isShared, _recordsArguments;
    private readonly EngineChoice _engines;
    private Task? _disposal;

    internal LocalChildProcessHost(ChildProcessHostOptions options, bool isShared)
    {
        _isShared = isShared;
        _recordsArguments = options.RecordArguments;
        ILogger logger = options.LoggerFactory is { } factory ? new DeferredLogger(factory.CreateLogger("ChildProc")) : NullLogger.Instance;
        _engines = new EngineChoice(options, logger);
    }

    /// <summary>The pid of the guardian, or 0 when none is running.</summary>
    internal int GuardianPid => OperatingSystem.IsLinux() ? _engines.All.OfType<SupervisedEngine>().FirstOrDefault()?.GuardianPid ?? 0 : 0;

    internal void AddKeptDescriptors(List<int> descriptors)
    {
        foreach (Engine engine in _engines.All)
        {
            engine.AddKeptDescriptors(descriptors);
        }
    }

    internal ChildProcessCapabilities Capabilities => _engines.Capabilities();

    public async ValueTask<IChildProcess> StartAsync(ChildProcessStartInfo info, CancellationToken lifetime = default)
        => await StartAsync(Prepare(info), lifetime).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (!_isShared)
        {
            Task disposal;
            lock (_engines)
            {
                disposal = _disposal ??= CloseAsync();
            }

            await disposal.ConfigureAwait(false);
        }
    }

    internal PreparedCommand Prepare(ChildProcessStartInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        StartInfoValidator.Validate(info);
        try
        {
            return new PreparedCommand(this, info, _engines.Prepare(info));
        }
        catch (ChildProcessStartException e)
        {
            ChildTelemetry.Begin(info, _recordsArguments)?.Failed(e); // a program that is not there is found here already
            throw;
        }
    }

    internal LocalChildProcess Start(PreparedCommand command, CancellationToken lifetime)
    {
        lifetime.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        StartOrigin? origin = StartOrigin.Capture();
        ChildTelemetry? telemetry = ChildTelemetry.Begin(command.StartInfo, _recordsArguments);
        ProcessTree tree;
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                StartImage image = ImageOf(command);
                try
                {
                    tree = image.Engine.Start(image);
                    break;
                }
                catch (EngineUnavailableException e)
                {
                    command.Image = Weaken(image, e, attempt);
                }
            }
        }
        catch (Exception e) when (telemetry is not null)
        {
            telemetry.Failed(e);
            throw;
        }

        telemetry?.Started(tree);
        LocalChildProcess child = new(command.StartInfo, tree, origin, telemetry, lifetime);
        if (child.WasCanceled)
        {
            child.Dispose(); // cancelled while it was being started
            throw new OperationCanceledException(lifetime);
        }

        return child;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<IChildProcess> StartAsync(PreparedCommand command, CancellationToken lifetime)
    {
        lifetime.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        StartOrigin? origin = StartOrigin.Capture();
        ChildTelemetry? telemetry = ChildTelemetry.Begin(command.StartInfo, _recordsArguments);
        ProcessTree tree;
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                StartImage image = ImageOf(command);
                try
                {
                    tree = await image.Engine.StartAsync(image, lifetime).ConfigureAwait(false);
                    break;
                }
                catch (EngineUnavailableException e)
                {
                    command.Image = Weaken(image, e, attempt);
                }
            }
        }
        catch (Exception e) when (telemetry is not null)
        {
            telemetry.Failed(e);
            throw;
        }

        telemetry?.Started(tree);
        LocalChildProcess child = new(command.StartInfo, tree, origin, telemetry, lifetime);
        if (child.WasCanceled)
        {
            await child.DisposeAsync().ConfigureAwait(false); // cancelled while it was being started
            throw new OperationCanceledException(lifetime);
        }

        return child;
    }

    internal void Refresh() => _engines.Refresh();

    // As prepared, but never for a weaker engine than there is now.
    private StartImage ImageOf(PreparedCommand command)
        => _engines.IsOutdated(command.Image) ? command.Image = _engines.Prepare(command.StartInfo) : command.Image;

    // Again only where a refresh came in between.
    private StartImage Weaken(StartImage image, EngineUnavailableException e, int attempt)
        => attempt < MaxAttempts ? _engines.Weaken(image, e) : throw new PlatformNotSupportedException($"{e.Message}.", e);

    private async Task CloseAsync()
    {
        List<ProcessTree> trees = [];
        foreach (Engine engine in _engines.All)
        {
            engine.Close();
            HostExit.Forget(engine);
            trees.AddRange(engine.Trees());
        }

        trees.ForEach(static tree => tree.NoteStop(StopReason.HostDisposal));
        await Task.WhenAll(trees.ConvertAll(static tree => tree.KillAndWaitAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
