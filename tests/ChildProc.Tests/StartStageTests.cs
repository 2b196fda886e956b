namespace ChildProc.Tests;

public sealed class StartStageTests
{
    [Fact]
    public void Numbers_are_those_of_the_protocol()
    {
        string[] names =
        [
            "Resolve", "WorkingDirectory", "StandardStreams", "Handles", "Session", "Credentials", "Umask", "Priority",
            "Limits", "NoNewPrivileges", "Execute", "Containment",
        ];
        Assert.Equal(names, Enum.GetNames<StartStage>());
        Assert.Equal(Enumerable.Range(1, names.Length), Enum.GetValues<StartStage>().Select(stage => (int)stage));
    }
}
