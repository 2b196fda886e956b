using System.Globalization;

namespace ChildProc.Torture;

/// <summary>The host that <see cref="Operations.Faults.KillHostAsync"/> kills: it starts trees and ends them until then.</summary>
internal static class Victim
{
    internal const string Verb = "victim";

    internal static async Task RunAsync(string seed)
    {
        Random random = new(int.Parse(seed, CultureInfo.InvariantCulture));
        string[][] shapes = [["pause"], ["flat", "6", "6"], ["seq", "daemon", "pause", ",", "setsid-fork", "pause", ",", "pause"], ["tree", "2", "2"]];
        Queue<IChildProcess> live = new();
        Console.WriteLine("ready");
        while (true)
        {
            live.Enqueue(await ChildProcess.StartAsync(new ChildProcessStartInfo(Run.Puppet, shapes[random.Next(shapes.Length)])
            {
                StandardInput = ChildStdio.Null,
                StandardOutput = ChildStdio.Null,
                StandardError = ChildStdio.Null,
            }));
            if (live.Count > 8)
            {
                await live.Dequeue().DisposeAsync();
            }
        }
    }
}
