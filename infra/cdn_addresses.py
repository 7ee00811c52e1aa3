"""`python -m infra.cdn_addresses`: the id of AWS's list of the addresses that the CDN comes from, in this region."""

import sys

LIST = "com.amazonaws.global.cloudfront.origin-facing"


def prefix_list() -> str:
    """The id. Raises LookupError when the region has no such list."""
    # Only whoever works on AWS has boto3.
    import boto3

    asked = [{"Name": "prefix-list-name", "Values": [LIST]}]
    found = boto3.client("ec2").describe_managed_prefix_lists(Filters=asked)["PrefixLists"]
    if not found:
        raise LookupError(f"this region has no {LIST}")
    return str(found[0]["PrefixListId"])


if __name__ == "__main__":
    try:
        print(prefix_list())
    except LookupError as error:
        sys.exit(str(error))
