"""What Microsoft's documented codes mean and what to do about each, as data (microsoft.md 4.6, 5, 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Code(NamedTuple):
    """A code in words. `passes`: the same call may well work later."""

    meaning: str
    remedy: str
    passes: bool = False


_HUMAN = "Look at the subscription in Partner Center"
_LATER = "Wait: it is tried again later"
_AGREEMENT = "Sign the agreement in Partner Center, then run again"
_RELATION = "Ask the customer to accept the reseller relationship again, or take it out of the list"
_ROLE = "Give the app or its user the Admin agent role: see docs/OPERATIONS.md"
_RENEWAL = "Wait until the renewal is through, then look again"
_SUPPORT = "Ask Microsoft's support with the correlation id from the log"

CODES: Mapping[str, Code] = {
    "2001": Code("the quantity may not change in the same call as a suspension", "Report it: it is our mistake"),
    "2011": Code("a deleted subscription can't be updated", "Nothing is to be done: it is gone"),
    "2055": Code("the subscription changed since it was read", "Read it again and decide again"),
    "3000": Code("a property of the request is invalid", "Report it: Microsoft may have changed a field"),
    "20002": Code("there is no commerce relationship with this customer", _RELATION),
    "20003": Code("the subscription was not found", "Check whether it moved to another partner"),
    "27009": Code("the subscription it belongs to is not active", "Reactivate that one first"),
    "5000": Code("no data is available", "Wait: fresh invoices have it within days, legacy ones never"),
    "800002": Code("the request is invalid", "Report it: Microsoft may have changed a field"),
    "800003": Code("Microsoft had an unexpected error", _LATER, passes=True),
    "800023": Code("the credit limit is exceeded", "Pay Microsoft or ask it for a higher limit"),
    "800036": Code("Microsoft could not do what was asked", _HUMAN),
    "800040": Code("the status can't change in this way", _HUMAN),
    "800041": Code("it is already activated", "Nothing is to be done"),
    "800042": Code("this is not supported for the product", "Do it by hand, or let the product be"),
    "800063": Code("the order can't be cancelled", "Suspend the subscription instead"),
    "800073": Code("the customer is under review", "Wait for Microsoft's review"),
    "800074": Code("the customer is under review", "Wait for Microsoft's review"),
    "800075": Code("the customer is not approved", "Look at the customer in Partner Center"),
    "800081": Code("the subscription can't be changed now", _HUMAN),
    "800082": Code("the subscription is not ready: another change is under way", _RENEWAL, passes=True),
    "800091": Code("a suspended subscription takes no other change", "Reactivate it first"),
    "800094": Code("the update failed at Microsoft", _LATER, passes=True),
    "800096": Code("the status of this subscription can't be updated", "Do it by hand, or let the product be"),
    "800111": Code("the Azure subscription was not found", _HUMAN),
    "900115": Code("the Azure plan still has active subscriptions", "Cancel them first, or let the plan be"),
    "900117": Code("the time for it has passed", _HUMAN),
    "900118": Code("the Azure subscription can't be changed in this way", _HUMAN),
    "900121": Code("the credit limit is exceeded", "Pay Microsoft or ask it for a higher limit"),
    "900123": Code("the partner agreement is not signed", _AGREEMENT),
    "900124": Code("the partner agreement is not signed", _AGREEMENT),
    "900149": Code("the partner's programme is not active", "Look at the account in Partner Center"),
    "900150": Code("the role has no right to do this", _ROLE),
    "900159": Code("there is no commerce relationship with this customer", _RELATION),
    "900192": Code("Microsoft had an unexpected error", _LATER, passes=True),
    "900213": Code("the time for it has passed", _HUMAN),
    "900263": Code("this is not for legacy subscriptions", _HUMAN),
    "900277": Code("the subscription is being expired", _RENEWAL),
    "900278": Code("another operation on it is pending", "Wait a day, then look again", passes=True),
    "900279": Code("updates are not allowed now", _RENEWAL),
    "900280": Code("updates are not allowed now", _RENEWAL),
    "900307": Code("the reason for the cancellation is not known", "Report it: it is our mistake"),
    "900308": Code("the app or its user lacks the right to do this", _ROLE),
    "900309": Code("a conditional access policy stops the app", "Ask who keeps the tenant's access policies"),
    "900311": Code("the subscription was updated too many times", f"Change it no more. {_SUPPORT}"),
    "900321": Code("savings plans can't be changed in this way", "Let it be"),
    "900329": Code("this call needs an app with a user", "Use an identity with user: see docs/OPERATIONS.md"),
    "900335": Code("the Azure subscription can't be reactivated", _HUMAN),
    "900337": Code("the Azure subscription can't be reactivated", _HUMAN),
    "900416": Code("the customer is locked", _HUMAN),
    "900419": Code("the request was refused", _SUPPORT),
    "900420": Code("the token is for another audience", "Check the cloud of the connection: see docs/OPERATIONS.md"),
    "900421": Code(
        "the consent was given without a second factor (MFA)",
        "A person must consent again with MFA: see 'Two app registrations' in docs/OPERATIONS.md",
    ),
    "429": Code("it is asked too often", "Wait: it is tried again later; fewer runs at once help", passes=True),
    "TooManyRequests": Code("it is asked too often", "Wait: it is tried again later", passes=True),
}
CONSENT = frozenset({"900421"})  # a person must consent again

_AGAIN = "A person must consent again: see 'Two app registrations' in docs/OPERATIONS.md"
_RENEW_APP = "Make a new secret in the app registration and put it into the connection"
SIGN_IN: Mapping[str, Code] = {
    "invalid_grant": Code("the refresh token is no longer accepted", _AGAIN),
    "AADSTS700082": Code("the refresh token expired because nothing used it for ninety days", _AGAIN),
    "AADSTS70008": Code("the refresh token expired or was revoked", _AGAIN),
    "AADSTS700084": Code("the refresh token reached the end of its life", _AGAIN),
    "AADSTS70000": Code("the refresh token is not accepted", _AGAIN),
    "AADSTS50173": Code("the consent ended with a change of password or of sign-in methods", _AGAIN),
    "AADSTS50076": Code("the consent was given without a second factor (MFA)", f"{_AGAIN}, and use MFA"),
    "AADSTS50079": Code("the user must set up a second factor (MFA)", f"{_AGAIN}, and use MFA"),
    "AADSTS50057": Code("the user's account is disabled", "Enable it, or consent with another account"),
    "AADSTS53003": Code("a conditional access policy stops the sign-in", "Ask who keeps the tenant's access policies"),
    "AADSTS65001": Code("nobody has consented to the app", _AGAIN),
    "AADSTS700016": Code("the app is not known in this tenant", "Check client id and tenant id of the connection"),
    "AADSTS90002": Code("the tenant is not known", "Check tenant id and cloud of the connection"),
    "AADSTS7000215": Code("the client secret is wrong", _RENEW_APP),
    "AADSTS7000222": Code("the client secret has expired", _RENEW_APP),
    "AADSTS700027": Code("the certificate is not the registered one", "Register it, or check the thumbprint"),
    "invalid_client": Code("the app's secret or certificate is refused", _RENEW_APP),
    "unauthorized_client": Code("the app may not sign in in this way", "Check the app registration"),
}
