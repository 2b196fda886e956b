using System.Text;
using ChildProc.Interop;
using ChildProc.Start;
using ChildProc.Stdio;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>A start info in the form of posix_spawn: encoded once, started as often as one likes.</summary>
internal sealed class DarwinImage : StartImage
{
    /// <exception cref="ChildProcessStartException">There is nothing to execute.</exception>
    /// <exception cref="PlatformNotSupportedException">It asks for what posix_spawn cannot do.</exception>
    internal DarwinImage(Engine engine, ChildProcessStartInfo info)
        : base(engine, info)
    {
        Refuse(info);
        List<KeyValuePair<string, string>> environment;
        try
        {
            environment = EnvironmentBlock.Build(info);
            Paths = ProgramPath.Candidates(info.FileName, EnvironmentBlock.Find(environment, "PATH"));
            Directory = info.WorkingDirectory is { } directory ? ProgramPath.Absolute(directory) : null;
        }
        catch (IOException) // a relative path, and the host's current directory is gone
        {
            throw ChildProcessStartException.Create(StartStage.WorkingDirectory, DarwinAbi.ENOENT, info);
        }

        if (Paths.Count == 0)
        {
            throw ChildProcessStartException.Create(StartStage.Resolve, DarwinAbi.ENOENT, info);
        }

        StringBuilder strings = new();
        strings.Append(info.ArgumentZero ?? info.FileName).Append('\0');
        foreach (string argument in info.Arguments)
        {
            strings.Append(argument).Append('\0');
        }

        foreach ((string name, string value) in environment)
        {
            strings.Append(name).Append('=').Append(value).Append('\0');
        }

        Strings = Encoding.UTF8.GetBytes(strings.ToString());
        ArgumentCount = info.Arguments.Count + 1;
        VariableCount = environment.Count;
    }

    /// <summary>What the program may be, in the order in which to try.</summary>
    internal List<string> Paths { get; }

    /// <summary>As it was at the preparation; null when each start takes the host's own of its moment.</summary>
    internal string? Directory { get; }

    internal byte[] Strings { get; }

    internal int ArgumentCount { get; }

    internal int VariableCount { get; }

    private static void Refuse(ChildProcessStartInfo info)
    {
        string? asked = info.Credentials is not null ? nameof(info.Credentials)
            : info.Umask is not null ? nameof(info.Umask)
            : info.Limits.Count > 0 ? nameof(info.Limits)
            : info.Priority is not null ? nameof(info.Priority)
            : info.NoNewPrivileges ? nameof(info.NoNewPrivileges)
            : info.OnOwnerLost is not null ? nameof(info.OnOwnerLost)
            : TerminalStdio.IsIn(info) ? "ChildStdio.Terminal"
            : null;
        if (asked is not null)
        {
            throw new PlatformNotSupportedException($"{asked} is not available on macOS: posix_spawn(2) has nothing for it.");
        }
    }
}
