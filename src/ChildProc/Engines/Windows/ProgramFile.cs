using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Windows;

/// <summary>The file behind the name of a program: always an absolute path, never found by CreateProcess's own search.</summary>
/// <remarks>
/// That search begins in the host's own and the current directory, where others may have put something. Here: the directories of
/// the child's PATH, absolute ones alone, and of PATHEXT what CreateProcess can run. What only a shell opens (.js, .vbs) is no program.
/// </remarks>
[SupportedOSPlatform("windows")]
internal static class ProgramFile
{
    private static readonly string[] s_runnable = [".COM", ".EXE", ".BAT", ".CMD"];

    /// <summary>The paths that may be it, in the order in which to try them; none when the PATH has no absolute entry.</summary>
    internal static List<string> Candidates(string fileName, string? path, string? extensions)
    {
        List<string> candidates = [];
        bool hasExtension = Path.HasExtension(fileName);
        string[] tried = [.. (extensions ?? "").Split(';').Where(static e => s_runnable.Contains(e, StringComparer.OrdinalIgnoreCase))];
        tried = tried.Length > 0 ? tried : s_runnable;
        if (IsPath(fileName))
        {
            Add(candidates, Path.GetFullPath(fileName), hasExtension, exact: true, tried);
            return candidates;
        }

        foreach (string entry in (path ?? System.Environment.SystemDirectory).Split(';'))
        {
            string directory = entry.Trim().Trim('"');
            if (Path.IsPathFullyQualified(directory))
            {
                Add(candidates, Path.GetFullPath(fileName, directory), hasExtension, exact: hasExtension, tried);
            }
        }

        return candidates;
    }

    /// <summary>The name says where; otherwise it is to be searched for.</summary>
    internal static bool IsPath(string fileName) => fileName.AsSpan().IndexOfAny(@"/\:") >= 0;

    internal static bool Exists(string path)
        => Kernel32.GetFileAttributesW(path) is not Kernel32.INVALID_FILE_ATTRIBUTES and uint attributes && (attributes & Kernel32.FILE_ATTRIBUTE_DIRECTORY) == 0;

    private static void Add(List<string> candidates, string path, bool hasExtension, bool exact, string[] extensions)
    {
        if (hasExtension)
        {
            candidates.Add(path);
        }

        candidates.AddRange(extensions.Select(extension => path + extension));
        if (exact && !hasExtension)
        {
            candidates.Add(path);
        }
    }
}
