using System.IO.Compression;
using System.Text;

namespace ChildProc.Tool.Audit;

internal enum EvidenceKind
{
    Unknown,
    Facts,
    Strace,
    Perf,
    Nettrace,
}

/// <summary>One file of evidence: of a bundle, of a packed bundle, or alone.</summary>
internal sealed class EvidenceFile(string name, long length, Func<Stream> open)
{
    internal string Name { get; } = name;

    internal long Length { get; } = length;

    /// <summary>Told how many bytes of it were read, now and then; nothing if nobody wants to know.</summary>
    internal IProgress<(string Name, long Read, long Length)>? Progress { get; set; }

    internal Stream Open() => Progress is { } progress ? new WatchedStream(open(), read => progress.Report((Name, read, Length))) : open();

    internal static bool IsBundle(string path) => Directory.Exists(path) || path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    /// <summary>The manifest, if there is one, and all other files in the order of their names.</summary>
    internal static (EvidenceFile? Manifest, List<EvidenceFile> Files, IDisposable? Owner) Load(string path)
    {
        List<EvidenceFile> files = [];
        IDisposable? owner = null;
        if (Directory.Exists(path))
        {
            foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal))
                files.Add(new(Path.GetFileName(file), new FileInfo(file).Length, () => File.OpenRead(file)));
        }
        else if (IsBundle(path))
        {
            ZipArchive archive = ZipFile.OpenRead(path);
            owner = archive;
            foreach (ZipArchiveEntry entry in archive.Entries.OrderBy(static e => e.FullName, StringComparer.Ordinal))
                files.Add(new(Path.GetFileName(entry.FullName), entry.Length, entry.Open));
        }
        else
            files.Add(new(Path.GetFileName(path), new FileInfo(path).Length, () => File.OpenRead(path)));

        EvidenceFile? manifest = files.Find(static f => f.Name == "manifest.json");
        files.RemoveAll(static f => f.Name is "manifest.json" or "perf.data" || f.Name.EndsWith(".err", StringComparison.Ordinal));
        return (manifest, files, owner);
    }

    /// <summary>What is in it, by its name or else its first bytes.</summary>
    internal EvidenceKind Kind()
    {
        Span<byte> head = stackalloc byte[4096];
        int length;
        using (Stream stream = Open())
            length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        head = head[..length];
        if (head.StartsWith("Nettrace"u8) || Name.EndsWith(".nettrace", StringComparison.Ordinal))
            return EvidenceKind.Nettrace;
        if (Name.EndsWith(".ndjson", StringComparison.Ordinal) || head.StartsWith("{\"t\":"u8))
            return EvidenceKind.Facts;
        if (head.Contains((byte)0))
            return EvidenceKind.Unknown;
        string text = Encoding.Latin1.GetString(head);
        if (Name.StartsWith("perf", StringComparison.Ordinal) || text.Contains("sched:sched_process_", StringComparison.Ordinal) || text.Contains("task:task_newtask:", StringComparison.Ordinal))
            return EvidenceKind.Perf;
        return Name.Contains("strace", StringComparison.Ordinal) || text.Contains(") = ", StringComparison.Ordinal) || text.Contains(" +++ ", StringComparison.Ordinal)
            || text.Contains("execve(", StringComparison.Ordinal) ? EvidenceKind.Strace : EvidenceKind.Unknown;
    }
}
