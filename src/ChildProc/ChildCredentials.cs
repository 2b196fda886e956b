using System.Collections.ObjectModel;

namespace ChildProc;

/// <summary>The user and the groups that a child runs as. Unix only; it takes CAP_SETUID and CAP_SETGID.</summary>
/// <remarks>Real, effective and saved ids are all set, groups first. See credentials(7), setresuid(2).</remarks>
public sealed class ChildCredentials
{
    private const int MaxGroups = 65536; // NGROUPS_MAX since Linux 2.6.4, getgroups(2)

    private readonly uint[] _groups = [];
    private readonly ReadOnlyCollection<uint> _groupsView = ReadOnlyCollection<uint>.Empty;

    /// <summary>Makes credentials of a user and a group, without supplementary groups.</summary>
    /// <param name="userId">The numeric user id.</param>
    /// <param name="groupId">The numeric group id.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An id is 4294967295, which means "leave unchanged" to setresuid(2) and is no id.
    /// </exception>
    public ChildCredentials(uint userId, uint groupId)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(userId, uint.MaxValue);
        ArgumentOutOfRangeException.ThrowIfEqual(groupId, uint.MaxValue);
        UserId = userId;
        GroupId = groupId;
    }

    /// <summary>The numeric user id.</summary>
    public uint UserId { get; }

    /// <summary>The numeric group id.</summary>
    public uint GroupId { get; }

    /// <summary>The supplementary groups, copied; default none: those of the host are dropped.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="ArgumentException">More than 65536 groups, or the id 4294967295 among them.</exception>
    public IReadOnlyList<uint> SupplementaryGroups
    {
        get => _groupsView;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count > MaxGroups)
            {
                throw new ArgumentException($"More than {MaxGroups} supplementary groups.", nameof(value));
            }

            uint[] groups = [.. value];
            if (Array.IndexOf(groups, uint.MaxValue) >= 0)
            {
                throw new ArgumentException("4294967295 is not a group id.", nameof(value));
            }

            _groups = groups;
            _groupsView = groups.Length == 0 ? ReadOnlyCollection<uint>.Empty : Array.AsReadOnly(groups);
        }
    }

    internal ReadOnlySpan<uint> Groups => _groups;
}
