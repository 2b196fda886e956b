using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>A start info in the form of CreateProcess: checked, its program looked for, its environment one block.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsStartImage : StartImage
{
    private readonly List<string> _candidates;

    /// <exception cref="ArgumentException">The start info is faulty in a way that only Windows has.</exception>
    /// <exception cref="ChildProcessStartException">There is nothing to execute.</exception>
    /// <exception cref="PlatformNotSupportedException">It asks for what Windows does not have.</exception>
    internal WindowsStartImage(WindowsEngine engine, ChildProcessStartInfo info)
        : base(engine, info)
    {
        Refusals.Check(info);
        WindowsEnvironment environment = new(info);
        Environment = environment.ToBlock();
        WorkingDirectory = info.WorkingDirectory is { } directory ? Path.GetFullPath(directory) : null;
        _candidates = ProgramFile.Candidates(info.FileName, environment["PATH"], environment["PATHEXT"]);
        if (_candidates.Count == 0)
        {
            throw ChildProcessStartException.Create(StartStage.Resolve, Kernel32.ERROR_FILE_NOT_FOUND, info);
        }

        ToCommandLine(Find()); // what is too long, or cannot be passed to a batch file, is known now
    }

    /// <summary>Each variable and the whole ended by a NUL.</summary>
    internal string Environment { get; }

    /// <summary>As it was at the preparation; null when each start takes the host's own of its moment.</summary>
    internal string? WorkingDirectory { get; }

    /// <summary>The program as it is at this moment.</summary>
    /// <param name="application">What CreateProcess starts; the interpreter of a batch file.</param>
    /// <param name="commandLine">What it is told.</param>
    /// <exception cref="ArgumentException">It is a batch file, and an argument cannot be passed to one.</exception>
    /// <exception cref="ChildProcessStartException">There is none, or the command line is too long.</exception>
    internal void Resolve(out string application, out string commandLine)
    {
        string path = Find() ?? throw (ProgramFile.IsPath(Info.FileName)
            ? ChildProcessStartException.Create(StartStage.Execute, Kernel32.ERROR_FILE_NOT_FOUND, Info, _candidates[0])
            : ChildProcessStartException.Create(StartStage.Resolve, Kernel32.ERROR_FILE_NOT_FOUND, Info));
        commandLine = ToCommandLine(path);
        application = BatchCommandLine.Is(path) ? BatchCommandLine.Interpreter : path;
    }

    private string? Find() => _candidates.Find(ProgramFile.Exists);

    private string ToCommandLine(string? path)
    {
        string line = path is not null && BatchCommandLine.Is(path)
            ? BatchCommandLine.Build(path, Info.ArgumentArray)
            : CommandLine.Build(Info.FileName, Info.ArgumentArray);
        return line.Length < CommandLine.MaxLength
            ? line
            : throw ChildProcessStartException.Create(StartStage.Execute, Kernel32.ERROR_FILENAME_EXCED_RANGE, Info);
    }
}
