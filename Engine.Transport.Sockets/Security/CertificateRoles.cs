using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Security;

/// <summary>The roles that a certificate is for: names of the form <c>urn:engine:role:worker</c> among its subject's alternative names.</summary>
internal static class CertificateRoles
{
    private const string Prefix = "urn:engine:role:";
    private const string AlternativeNames = "2.5.29.17";
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public static IReadOnlyList<ComponentRole> All { get; } = [ComponentRole.Scheduler, ComponentRole.Worker, ComponentRole.Nanny, ComponentRole.Client];

#pragma warning disable CA1308 // Names of roles are in lower case, in certificates and files.
    public static string NameOf(ComponentRole role) => role.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    public static Uri UriOf(ComponentRole role) => new(Prefix + NameOf(role));

    public static IReadOnlySet<ComponentRole> Of(X509Certificate2 certificate)
    {
        var roles = new HashSet<ComponentRole>();
        foreach (var extension in certificate.Extensions.Where(static extension => extension.Oid?.Value == AlternativeNames))
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(UriTag))
                {
                    var uri = names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
                    roles.UnionWith(All.Where(role => uri == Prefix + NameOf(role)));
                }
                else
                {
                    names.ReadEncodedValue();
                }
            }
        }

        return roles;
    }
}
