using System.Runtime.InteropServices;
using ChildProc.Diagnostics;
using ChildProc.Engines.Direct;
using ChildProc.Engines.Direct.Darwin;
using ChildProc.Engines.Supervised;
using ChildProc.Engines.Windows;
using Microsoft.Extensions.Logging;

namespace ChildProc.Engines;

/// <summary>Which engine serves a start info on this system: by capability, found out once, and anew after a refresh.</summary>
internal sealed class EngineChoice
{
    private readonly ILogger _logger;
    private readonly Containment _tree; // what Containment.Tree means for this host
    private readonly Engine? _whole; // holds every descendant
    private readonly Engine? _group; // the weaker one, which needs nothing
    private readonly HashSet<string> _told = []; // causes, guarded by itself
    private readonly string? _never; // why there is no stronger one on this system
    private string? _why; // the stronger one does not serve; null as long as it may

    internal EngineChoice(ChildProcessHostOptions options, ILogger logger)
    {
        _logger = logger;
        _tree = options.Containment;
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64)
        {
            _whole = new SupervisedEngine(options, logger);
            _group = new DirectEngine(options, logger);
        }
        else if (OperatingSystem.IsMacOS())
        {
            _group = new DarwinEngine(DarwinPlatform.Shared, logger);
            _never = "macOS has nothing that holds a daemon";
        }
        else if (OperatingSystem.IsWindows())
        {
            _whole = new WindowsEngine(logger);
        }
        else
        {
            _never = $"there is no engine for {RuntimeInformation.RuntimeIdentifier}";
        }

        _why = _never;
    }

    internal IEnumerable<Engine> All => new[] { _whole, _group }.OfType<Engine>();

    /// <summary>The start info in the form of its engine.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none that is strong enough.</exception>
    internal StartImage Prepare(ChildProcessStartInfo info)
    {
        Containment wanted = info.Containment == Containment.Tree ? _tree : info.Containment;
        bool wholeOnly = info.ContainmentRequirement == ContainmentRequirement.WholeTree;
        Engine? engine = wanted switch
        {
            Containment.Tree => Whole ?? (wholeOnly ? null : _group),
            Containment.None when OperatingSystem.IsWindows() => wholeOnly ? null : Whole, // its engine has children without a job, too
            Containment.ProcessGroup or Containment.None => wholeOnly ? null : _group,
            _ => Whole?.Facts.Containment == wanted ? Whole : null,
        };
        return engine?.Prepare(info) ?? throw Refusal(wanted, wholeOnly);
    }

    /// <summary>After an engine has turned out not to work: the start info in the form of a weaker one.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none that would do.</exception>
    internal StartImage Weaken(StartImage image, EngineUnavailableException e)
    {
        Weaken(e);
        try
        {
            return Prepare(image.Info);
        }
        catch (PlatformNotSupportedException refusal)
        {
            throw new PlatformNotSupportedException(refusal.Message, e);
        }
    }

    /// <summary>It was prepared for the weaker engine, and since the last refresh the stronger one may serve again.</summary>
    internal bool IsOutdated(StartImage image) => image.Engine == _group && _whole is not null && image.Info.Containment == Containment.Tree
        && _tree == Containment.Tree && Whole is not null;

    /// <summary>The engines renew what they have of the host, and what could not be had is tried again.</summary>
    internal void Refresh()
    {
        Volatile.Write(ref _why, _never);
        foreach (Engine engine in All)
        {
            engine.Refresh();
        }
    }

    /// <summary>What <see cref="Containment.Tree"/> has here; finds it out, when no start has yet.</summary>
    internal ChildProcessCapabilities Capabilities()
    {
        if (_tree != Containment.ProcessGroup && Whole is { } whole)
        {
            try
            {
                return new ChildProcessCapabilities(whole.Facts, reason: whole.Probe());
            }
            catch (EngineUnavailableException e)
            {
                Weaken(e);
            }
        }

        string? reason = _tree == Containment.ProcessGroup ? "the options of the host ask for it" : _why;
        return new ChildProcessCapabilities(_group?.Facts, reason);
    }

    private Engine? Whole => Volatile.Read(ref _why) is null ? _whole : null;

    private void Weaken(EngineUnavailableException e)
    {
        Interlocked.CompareExchange(ref _why, e.Message, null);
        bool isNew;
        lock (_told)
        {
            isNew = _told.Add(e.Message);
        }

        if (isNew)
        {
            Log.Weakened(_logger, _whole!.Facts.Containment, _group?.Facts.Containment ?? Containment.None, e.Message);
        }
    }

    private PlatformNotSupportedException Refusal(Containment wanted, bool wholeOnly)
    {
        string what = wanted == Containment.Tree && wholeOnly ? "Containment of the whole tree" : $"Containment.{wanted}";
        string where = $"is not available on {RuntimeInformation.RuntimeIdentifier}";
        return new PlatformNotSupportedException(_why is null ? $"{what} {where}." : $"{what} {where}: {_why}.");
    }
}
