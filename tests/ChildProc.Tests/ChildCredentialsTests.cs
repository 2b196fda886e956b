namespace ChildProc.Tests;

public sealed class ChildCredentialsTests
{
    [Fact]
    public void No_supplementary_groups_is_the_default()
    {
        ChildCredentials credentials = new(1000, 100);
        Assert.Equal(1000u, credentials.UserId);
        Assert.Equal(100u, credentials.GroupId);
        Assert.Empty(credentials.SupplementaryGroups);
    }

    [Fact]
    public void Groups_are_copied()
    {
        uint[] groups = [4, 24];
        ChildCredentials credentials = new(1000, 100) { SupplementaryGroups = groups };
        groups[0] = 0;
        Assert.Equal([4, 24], credentials.SupplementaryGroups);
        Assert.Equal([4, 24], credentials.Groups.ToArray());
    }

    [Fact]
    public void The_id_that_means_unchanged_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("userId", () => new ChildCredentials(uint.MaxValue, 0));
        Assert.Throws<ArgumentOutOfRangeException>("groupId", () => new ChildCredentials(0, uint.MaxValue));
        Assert.Throws<ArgumentException>(() => new ChildCredentials(0, 0) { SupplementaryGroups = [1, uint.MaxValue] });
    }

    [Fact]
    public void More_groups_than_the_kernel_takes_are_refused() =>
        Assert.Throws<ArgumentException>(() => new ChildCredentials(0, 0) { SupplementaryGroups = new uint[65537] });
}
