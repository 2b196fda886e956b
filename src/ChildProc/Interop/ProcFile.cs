using System.Globalization;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>Files of /proc: proc(5). They may vanish while they are read, or be hidden; what cannot be read is empty.</summary>
internal static class ProcFile
{
    /// <summary>False where it is not mounted, or by another PID namespace: its numbers are other people's then.</summary>
    [SupportedOSPlatformGuard("linux")]
    internal static bool IsOurs() => OperatingSystem.IsLinux() && Link("/proc/self") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    internal static string Path(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{name}");

    internal static byte[] Bytes(int pid, string name) => Bytes(Path(pid, name));

    internal static string Text(int pid, string name) => Text(Path(pid, name));

    internal static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>What a link points at, or null.</summary>
    internal static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The numbers that name the entries of a directory: processes, threads, descriptors.</summary>
    internal static List<int> Numbers(string directory)
    {
        List<int> numbers = [];
        try
        {
            foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
            {
                if (int.TryParse(System.IO.Path.GetFileName(entry.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    numbers.Add(number);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        return numbers;
    }

    /// <summary>The children of every thread of a process. Exact only while nobody forks or ends.</summary>
    internal static List<int> Children(int pid)
    {
        List<int> children = [];
        foreach (int task in Numbers(Path(pid, "task")))
        {
            string text = Text(pid, string.Create(CultureInfo.InvariantCulture, $"task/{task}/children"));
            foreach (string child in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                children.Add(int.Parse(child, CultureInfo.InvariantCulture));
            }
        }

        return children;
    }
}
