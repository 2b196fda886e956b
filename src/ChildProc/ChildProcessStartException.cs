using System.Diagnostics.CodeAnalysis;
using ChildProc.Diagnostics;
using ChildProc.Stdio;

namespace ChildProc;

/// <summary>A child could not be started.</summary>
/// <remarks>The message names the program, the step and the error, never an argument or an environment value.</remarks>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It is nothing without a stage.")]
public sealed class ChildProcessStartException : ChildProcessException
{
    private const int ENOENT = 2; // ERROR_FILE_NOT_FOUND on Windows
    private const int ENOEXEC = 8;

    /// <summary>Makes an exception of a failed start, for a fake or a remote host.</summary>
    /// <param name="message">The message.</param>
    /// <param name="stage">The step that failed.</param>
    /// <param name="nativeErrorCode">The error number of the system: errno on Unix, GetLastError on Windows; 0 when there is none.</param>
    /// <param name="fileName">The program as the start info names it.</param>
    /// <param name="workingDirectory">The working directory as the start info names it; null for the host's.</param>
    /// <param name="innerException">The cause, if any.</param>
    /// <exception cref="ArgumentNullException">The file name is null.</exception>
    public ChildProcessStartException(
        string? message,
        StartStage stage,
        int nativeErrorCode,
        string fileName,
        string? workingDirectory = null,
        Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        Stage = stage;
        NativeErrorCode = nativeErrorCode;
        FileName = fileName;
        WorkingDirectory = workingDirectory;
    }

    /// <summary>The step that failed.</summary>
    public StartStage Stage { get; }

    /// <summary>The error number of the system: errno on Unix, GetLastError on Windows (winerror.h); 0 when there is none.</summary>
    public int NativeErrorCode { get; }

    /// <summary>The program as the start info names it.</summary>
    public string FileName { get; }

    /// <summary>The working directory as the start info names it; null for the host's.</summary>
    public string? WorkingDirectory { get; }

    /// <summary>Makes the exception of a start that failed.</summary>
    /// <param name="stage">The step that failed.</param>
    /// <param name="errno">The error number, positive; 0 when there is none.</param>
    /// <param name="info">The start info.</param>
    /// <param name="path">The program or file that the step tried.</param>
    /// <param name="badInterpreter">ENOENT, but <paramref name="path"/> itself exists.</param>
    /// <param name="detail">What failed, in words that replace those for the stage.</param>
    /// <returns>The exception, to be thrown.</returns>
    internal static ChildProcessStartException Create(
        StartStage stage,
        int errno,
        ChildProcessStartInfo info,
        string? path = null,
        bool badInterpreter = false,
        string? detail = null)
    {
        string fault = detail is not null
            ? With(detail, errno)
            : Describe(stage, errno, info, path, badInterpreter);
        string message = $"Cannot start {Quote.Name(info.FileName)}: {fault}.";
        return new ChildProcessStartException(message, stage, errno, info.FileName, info.WorkingDirectory);
    }

    /// <summary>Throws when the step failed.</summary>
    /// <param name="errno">The error number of the step; 0: it did not fail.</param>
    /// <param name="stage">The step.</param>
    /// <param name="info">The start info.</param>
    internal static void ThrowIfFailed(int errno, StartStage stage, ChildProcessStartInfo info)
    {
        if (errno != 0)
        {
            throw Create(stage, errno, info);
        }
    }

    private static string Describe(
        StartStage stage, int errno, ChildProcessStartInfo info, string? path, bool badInterpreter) => stage switch
    {
        StartStage.Resolve or StartStage.Execute => Program(stage, errno, path, badInterpreter),
        StartStage.WorkingDirectory => With(
            $"the working directory {Quote.Name(info.WorkingDirectory ?? path ?? ".")} cannot be entered", errno),
        StartStage.StandardStreams => With(
            path is null ? "its standard streams cannot be set up" : $"{Quote.Name(path)} cannot be opened", errno),
        StartStage.Handles => With("its inherited handles cannot be put in place", errno),
        StartStage.Session => With(
            info.NewSession || TerminalStdio.IsIn(info) ? "a new session cannot be made" : "its process group cannot be set", errno),
        StartStage.Credentials => With("its user and groups cannot be set", errno),
        StartStage.Umask => With("its umask cannot be set", errno),
        StartStage.Priority => With($"its priority cannot be set to {Number(info.Priority)}", errno),
        StartStage.Limits => With("its resource limits cannot be set", errno),
        StartStage.NoNewPrivileges => With("its no-new-privileges attribute cannot be set", errno),
        StartStage.Containment => With("its process tree cannot be contained", errno),
        _ => With("the start failed", errno),
    };

    private static string Program(StartStage stage, int errno, string? path, bool badInterpreter)
    {
        if (badInterpreter && path is not null)
        {
            // execve(2) says ENOENT for a missing #! interpreter or ELF loader too: the usual puzzle.
            return $"the interpreter or loader of {Quote.Name(path)} does not exist ({Errno.Code(errno)})";
        }

        if (path is not null)
        {
            string fault = With($"{Quote.Name(path)} cannot be executed", errno);
            return errno == ENOEXEC && !OperatingSystem.IsWindows() ? fault + "; a script needs a #! line" : fault;
        }

        return stage == StartStage.Resolve && errno == ENOENT
            ? $"no such program in the PATH of the child ({Errno.Code(errno)})"
            : With(stage == StartStage.Resolve ? "the program cannot be found" : "the process cannot be created", errno);
    }

    private static string With(string what, int errno) => errno == 0 ? what : $"{what}: {Errno.Describe(errno)}";

    private static string Number(int? value) =>
        value.GetValueOrDefault().ToString(System.Globalization.CultureInfo.InvariantCulture);
}
