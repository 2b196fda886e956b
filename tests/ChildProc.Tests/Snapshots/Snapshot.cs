using System.Runtime.CompilerServices;
using Snapshooter;
using Snapshooter.Core;
using Snapshooter.Core.Serialization;

namespace ChildProc.Tests.Snapshots;

/// <summary>
/// The seam to the snapshot library: nothing else names it. Snapshots stand in <c>Snapshots/__snapshots__</c>; one that
/// differs is written to <c>__mismatch__</c> beside it, to be looked at and moved over the old one.
/// </summary>
internal static class Snapshot
{
    public static void Match(object value, string name)
    {
        string folder = Folder();
        bool known = File.Exists(Path.Combine(folder, FileNames.SnapshotFolderName, name + FileNames.SnapshotFileExtension));
        var serializer = new SnapshotSerializer(new GlobalSnapshotSettingsResolver());
        var files = new SnapshotFileHandler();
        var snapshots = new SnapshotAssert(
            serializer,
            files,
            new SnapshotEnvironmentCleaner(files),
            new JsonSnapshotComparer(new XunitAssert(), serializer),
            new JsonSnapshotFormatter(serializer));
        snapshots.AssertSnapshot(value, new SnapshotFullName(name + FileNames.SnapshotFileExtension, folder), new MatchOptions());

        // A new snapshot is written, but nobody has looked at it yet.
        Assert.True(known, $"The snapshot '{name}' is new: review it, then run again.");
    }

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;

    private sealed class XunitAssert : IAssert
    {
        public void Assert(string expectedSnapshot, string actualSnapshot) =>
            Xunit.Assert.Equal(expectedSnapshot, actualSnapshot);
    }
}
