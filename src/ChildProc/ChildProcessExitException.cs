using System.Diagnostics.CodeAnalysis;
using ChildProc.Diagnostics;

namespace ChildProc;

/// <summary>A child did not end with exit code 0, and the caller had asked for that.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It is nothing without a status.")]
public sealed class ChildProcessExitException : ChildProcessException
{
    /// <summary>Makes an exception of a program and the way that it ended.</summary>
    /// <param name="fileName">The program; empty when unknown.</param>
    /// <param name="status">How it ended.</param>
    /// <exception cref="ArgumentNullException">The file name is null.</exception>
    public ChildProcessExitException(string fileName, ExitStatus status)
        : base(Describe(fileName, status))
    {
        FileName = fileName;
        Status = status;
    }

    /// <summary>The program; empty when a status was checked apart from its child.</summary>
    public string FileName { get; }

    /// <summary>How the child ended.</summary>
    public ExitStatus Status { get; }

    private static string Describe(string fileName, ExitStatus status)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        string child = fileName.Length == 0 ? "The child process" : Quote.Name(fileName);
        string end = status switch
        {
            { Code: int code } => $"exited with code {code.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
            { IsKnown: true } => $"was ended by {status}",
            _ => "ended in an unknown way",
        };
        return $"{child} {end}.";
    }
}
