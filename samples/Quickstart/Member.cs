using System.Globalization;

namespace Quickstart;

/// <summary>One process, as /proc/PID/stat shows it: "pid (command) state ppid …", where the command may hold anything.</summary>
internal sealed record Member(int Pid, int Parent, char State, string Command)
{
    internal bool IsZombie => State == 'Z';

    internal static Member Read(int pid, string stat)
    {
        int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
        string[] rest = stat[(close + 2)..].Split(' ', 3);
        return new Member(pid, int.Parse(rest[1], CultureInfo.InvariantCulture), rest[0][0], stat[(open + 1)..close]);
    }

    public override string ToString() => $"{Pid} {State} {Command}";
}
