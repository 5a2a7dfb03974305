"""What columns are called in English, German, French and Spanish: names → ideas, and the ideas a column of the contract means."""

import re
import unicodedata
from functools import cache

from cxresearch.contract.tables import TABLES

# idea: the words for it, folded (no case, no accents)
IDEAS = {
    "customer": "customer customers cust custid cid client clients kunde kunden kd mandant acheteur cliente clientes buyer shopper "
    "member mitglied mitglieder subscriber abonnent abonne user account konto compte cuenta guest gast patient consumer "
    "klient policyholder donor debitor recipient requester contact",
    "id": "id ids key no nr num number nummer numero code ref reference referenz kennung ident identifier uid uuid guid "
    "schluessel schlussel cle clave",
    "date": "date dates datum fecha jour day tag dia on dt",
    "time": "at time timestamp zeit zeitpunkt heure hora datetime stamp uhrzeit moment",
    "order": "order orders bestellung bestellungen bestell auftrag auftrags commande commandes pedido pedidos purchase "
    "purchases kauf kaufe kaeufe achat achats compra compras sale sales verkauf verkaufe verkaeufe vente ventes venta ventas "
    "transaction transactions trans txn trx transaktion transaktionen invoice invoices rechnung rechnungen rechn facture factures factura "
    "facturas receipt beleg bon booking buchung",
    "amount": "amount betrag umsatz summe montant importe monto revenue total value wert price preis prix precio spend spent "
    "gesamt gross brutto net netto paid bezahlt turnover endbetrag sum",
    "channel": "channel kanal canal weg vertriebsweg medium via",
    "segment": "segment segmento class klasse gruppe group groupe tier category kategorie categorie categoria typ type tipo",
    "region": "region gebiet country land pays pais state bundesland province provinz provincia area territory",
    "acquire": "acquired acquisition acquire signup joined join registered registration registriert registrierung since seit "
    "depuis desde created erstellt first erst erster erstkontakt inscription alta anmeldung eintritt beitritt adhesion won",
    "contract": "contract contracts vertrag vertrage vertraege vertrags contrat contrats contrato contratos subscription "
    "subscriptions abo abos abonnement abonnements policy police suscripcion agreement",
    "start": "start starts started begin begins began beginn debut inicio from von ab opened open eroffnet startdatum issue issued inception",
    "end": "end ends ended ende fin until bis to expiry expires closed beendet enddatum termination terminated",
    "cancel": "cancel cancelled canceled cancellation kundigung kuendigung gekundigt gekuendigt resiliation churn churned "
    "baja abwanderung abgewandert left leave exited attrition attrited storno",
    "reason": "reason grund motif motivo cause",
    "month": "month months monthly monat monate monatlich monatlicher mois mensuel mensuelle mes meses mensual",
    "fee": "fee charge charges premium pramie praemie prime gebuhr gebuehr beitrag cotisation cuota rent miete mrr",
    "term": "term terms tenure laufzeit duree plazo duration dauer",
    "return": "return returned returns refund retoure retour rucksendung ruecksendung remboursement devolucion gutschrift credit",
    "interaction": "interaction interactions contact contacts ticket tickets case cases fall vorgang anfrage anruf call calls "
    "anliegen kontakt kontakte chat incident demande appel llamada caso incidencia serviceticket",
    "touchpoint": "touchpoint topic thema subject betreff sujet asunto kontaktpunkt",
    "department": "department abteilung dept team service departement departamento bereich",
    "agent": "agent agents bearbeiter mitarbeiter berater operator representative rep conseiller agente",
    "wait": "wait waiting warte wartezeit attente espera queue",
    "handle": "handle handling bearbeitung bearbeitungszeit traitement talk aht",
    "second": "second seconds sec secs sekunde sekunden seconde secondes segundo segundos",
    "resolved": "resolved solved gelost geloest erledigt resolu resuelto fcr",
    "transferred": "transferred transfer weitergeleitet transfere transferido escalated",
    "automated": "automated automatic automatisch bot automatise automatizado",
    "satisfaction": "satisfaction satisfied zufriedenheit csat satisfaccion gesamtzufriedenheit",
    "effort": "effort ces aufwand esfuerzo difficulte",
    "emotion": "emotion feeling gefuhl gefuehl stimmung emocion",
    "recommend": "recommend recommendation nps weiterempfehlung empfehlung empfehlen recommandation recomendacion recommander "
    "promoter netpro netpromoter likelihood ltr",
    "response": "response responses resp respondent answer answers antwort antworten teilnehmer reponse repondant respuesta "
    "encuestado fragebogen",
    "survey": "survey surveys umfrage befragung enquete encuesta sondage questionnaire feedback",
    "wave": "wave welle vague ola round runde",
    "answered": "responded answered beantwortet submitted submit completed recorded recordeddate enddate repondu respondido "
    "abgeschlossen ausgefullt ausgefuellt",
    "weight": "weight gewicht gewichtung poids peso",
    "comment": "comment comments kommentar kommentare freitext anmerkung commentaire comentario verbatim text feedback",
    "invite": "invite invited invitation invitations einladung einladungen eingeladen invite invitacion sent versandt",
    "stratum": "stratum strata schicht strate estrato",
    "staff": "staff employee employees mitarbeiter personal employe empleado",
    "rating": "rating ratings bewertung bewertungen note score evaluation puntuacion calificacion",
    "level": "level ebene stufe niveau nivel rank",
    "snapshot": "snapshot snapshots stichtag stand status observation asof",
    "project": "project projects projekt projekte projet projets proyecto proyectos",
    "name": "name bezeichnung titel title nom nombre titre titulo",
    "kind": "kind art type typ tipo",
    "approve": "approved approval genehmigt genehmigung freigabe approbation aprobado",
    "plan": "plan planned geplant planung prevu previsto soll budgeted target",
    "actual": "actual ist real reel tatsachlich tatsaechlich effective",
    "baseline": "baseline basis original initial ursprunglich",
    "finish": "finish finished fertig fertigstellung completion abschluss fin golive",
    "cost": "cost costs kosten cout couts coste costes aufwendungen expense",
    "outcome": "outcome ergebnis resultat resultado result",
    "budget": "budget presupuesto bac",
    "earned": "earned ev fertigstellungswert",
    "report": "report reported reporting bericht berichtet berichts status",
    "rag": "rag ampel feu semaforo light",
    "defect": "defect defects fehler bugs mangel defaut defecto",
    "event": "event events veranstaltung veranstaltungen evenement evento messe",
    "held": "held stattgefunden",
    "attend": "attendance attendees attended teilnehmerzahl teilgenommen besucher participants present participe asistentes asistio",
    "random": "random randomised randomized holdout zufall zufallig aleatoire aleatorio",
    "margin": "margin marge margen deckungsbeitrag contribution",
    "probability": "probability chance wahrscheinlichkeit probabilite probabilidad",
    "team": "team teams equipe equipo squad",
    "pay": "pay bonus verguetung vergutung gehalt remuneration salaire salario compensation incentive pramie praemie",
    "share": "share anteil quote proporcion",
    "tied": "tied linked gekoppelt ligado",
    "metric": "metric metrik messgrosse indicateur",
    "announce": "announced announcement angekundigt angekuendigt annonce anunciado",
    "lapse": "lapsed lapse verloren perdu perdido",
    "again": "again wieder erneut encore nuevo",
    "retention": "retention bindung retencion fidelisation",
    "state": "status state zustand statut estado",
    "offer": "offer offers angebot angebote offre offres oferta ofertas",
    "winback": "winback ruckgewinnung rueckgewinnung reconquete recuperacion",
    "arm": "arm variant variante treatment gruppe testgruppe bras",
    "job": "job anliegen need besoin",
    "case": "case fall vorgang dossier caso",
    "year": "year years yearly annual annually jahr jahres jahrlich jahrlicher jaehrlich annuel annuelle anual arr acv",
    "process": "process processes prozess prozesse processus proceso procesos workflow procedure ablauf",
    "activity": "activity activities aktivitat aktivitaet aktivitaten activite actividad step steps schritt schritte etape etapes paso pasos "
    "task tasks aufgabe operation concept",
    "sequence": "sequence seq position reihenfolge rang ordre orden index",
    "complexity": "complexity complex difficulty schwierigkeit komplexitat komplexitaet complexite complejidad",
    "rule": "rule regel regle regla mandatory obligatory pflicht",
    "repeat": "repeat repeats repeated wiederholung wiederholungen repetition",
    "owner": "owner verantwortlich verantwortlicher proprietaire responsable propietario",
    "kpi": "kpi kennzahl indicator indikator indicateur indicador",
    "change": "change changes anderung aenderung anderungen changement cambio improvement massnahme massnahmen",
    "volume": "volume volumen menge anzahl",
    "organisation": "organisation organization company firma unternehmen entreprise empresa",
    "item": "item frage question pregunta statement",
    "readiness": "readiness assessment reife reifegrad bereitschaft maturity maturite madurez preparation",
    "role": "role rolle funktion funcion fonction",
    "category": "category kategorie categorie categoria typ type tipo kind art class klasse",
    "overall": "overall insgesamt gesamt gesamtzufriedenheit general generally globalement globale ensemble",
    # what makes a name that of something else: NPS group, period end, user language, unit price
    "other": "group gruppe grouped language lang sprache langue idioma locale period periode trial next upcoming renewal renew "
    "previous prev former last letzte letzter letztes dernier derniere ultimo ultima count anzahl quantity qty menge cantidad quantite "
    "domain url email mail phone telefon telephone currency wahrung waehrung devise moneda interval frequency tax taxes steuer tva iva "
    "discount rabatt remise descuento shipping versand refund refunded lineitem item unit stuck tags updated modified assigned due "
    "percent percentage marketing duration",
}
IGNORED = set(
    [
        "the",
        "a",
        "an",
        "of",
        "de",
        "la",
        "le",
        "les",
        "der",
        "die",
        "das",
        "des",
        "du",
        "del",
        "el",
        "los",
        "las",
        "is",
        "has",
        "ist",
        "hat",
        "and",
        "und",
        "et",
        "y",
        "in",
        "im",
        "am",
        "t",
        "c",
        "d",
        "l",
        "utc",
        "gmt",
    ]
)
LINKS = ("", "s", "n", "en", "er", "e")

# what each column may be called: ideas joined by +, the likeliest first
NAMES = {
    "customers": ("customer", {
        "customer_id": "customer+id customer id", "acquired_at": "acquire+date acquire customer+acquire start+date date",
        "segment": "customer+segment segment", "region": "region", "acquisition_channel": "acquire+channel channel",
    }),
    "contracts": ("contract", {
        "contract_id": "contract+id contract id", "customer_id": "customer+id customer",
        "started_on": "contract+start start+date start contract+date start+time start+date+time", "ended_on": "contract+end end+date end+time end cancel+date cancel cancel+time",
        "term_months": "term+month term contract+term", "monthly_amount": "month+amount month+fee month+fee+amount year+amount year+fee fee amount",
        "end_reason": "end+reason cancel+reason reason", "team_id": "team+id team", "status_reported": "report+state",
    }),
    "orders": ("order", {
        "order_id": "order+id order id", "customer_id": "customer+id customer",
        "ordered_at": "order+date order+time order+date+time date time acquire+date acquire+time date+time",
        "amount": "amount order+amount amount+amount", "channel": "channel order+channel", "is_return": "return kind",
    }),
    "interactions": ("interaction", {
        "interaction_id": "interaction+id interaction id", "customer_id": "customer+id customer",
        "started_at": "start+time start+date start acquire+date acquire+time acquire interaction+date interaction+time date time",
        "touchpoint": "touchpoint interaction+category category", "channel": "channel interaction+channel", "case_id": "case+id",
        "department": "department", "agent_id": "agent+id agent", "job": "job",
        "is_automated": "automated", "wait_seconds": "wait+second wait+time wait", "handle_seconds": "handle+second handle+time handle",
        "is_resolved": "resolved", "is_transferred": "transferred", "satisfaction": "satisfaction satisfaction+rating",
        "effort": "effort effort+rating", "emotion": "emotion",
    }),
    "survey_responses": ("survey response", {
        "response_id": "response+id response survey+id id", "wave": "wave survey+wave",
        "responded_at": "answered+date answered+time answered response+date survey+date end+date date time",
        "customer_id": "customer+id customer", "recommend": "recommend recommend+rating", "satisfaction": "satisfaction satisfaction+rating",
        "effort": "effort effort+rating", "emotion": "emotion", "touchpoint": "touchpoint", "channel": "channel",
        "department": "department", "weight": "weight survey+weight", "comment": "comment",
    }),
    "survey_invitations": ("invite", {
        "wave": "wave survey+wave survey", "customer_id": "customer+id customer", "invited_at": "invite+date invite+time invite date",
        "has_responded": "answered response", "stratum": "stratum",
    }),
    "staff_ratings": ("staff", {
        "rating_id": "rating+id id", "wave": "wave survey+wave", "department": "department", "touchpoint": "touchpoint",
        "rating": "rating", "level": "level",
    }),
    "snapshots": ("snapshot", {
        "customer_id": "customer+id customer", "snapshot_on": "snapshot+date snapshot date", "has_left": "cancel",
    }),
    "projects": ("project", {
        "project_id": "project+id project id", "approved_on": "approve+date approve", "started_on": "start+date start project+start",
        "project_name": "project+name name", "kind": "kind project+kind", "planned_finish_on": "plan+finish plan+end plan+end+date plan+finish+date",
        "finished_on": "finish+date finish end+date end", "baseline_cost": "baseline+cost plan+cost budget", "actual_cost": "actual+cost",
        "outcome": "outcome", "benefit_planned": "", "benefit_realised": "",
    }),
    "project_status": ("project+report", {
        "project_id": "project+id project", "status_on": "report+date report date", "planned_value": "plan+amount", "earned_value": "earned+amount earned",
        "actual_cost": "actual+cost", "budget_at_completion": "budget budget+finish", "open_defects": "start+defect defect",
        "reported_rag": "report+rag rag", "forecast_finish_on": "",
    }),
    "events": ("event", {
        "event_id": "event+id event id", "held_on": "held+date held event+date date", "kind": "kind event+kind", "cost": "cost event+cost",
        "attendance": "attend", "is_randomised": "random", "outcome_months": "outcome+month", "margin_share": "margin+share margin",
    }),
    "event_invitations": ("event+invite", {
        "event_id": "event+id event", "customer_id": "customer+id customer", "invited_on": "invite+date invite+time date",
        "is_invited": "invite", "has_attended": "attend", "invited_probability": "invite+probability probability", "cost": "cost",
    }),
    "account_revenue": ("customer+amount customer+month+amount", {
        "customer_id": "customer+id customer", "month_on": "month date", "revenue": "amount",
    }),
    "process_steps": ("process activity", {
        "step_id": "activity+id id", "case_id": "case+id case", "process": "process",
        "activity": "activity name", "finished_at": "finish+time finish+date end+time end+date time date finish end",
        "started_at": "start+time start+date start", "sequence": "sequence", "customer_id": "customer+id customer",
        "agent_id": "agent+id agent", "department": "department", "channel": "channel", "complexity": "complexity", "cost": "cost",
        "is_resolved": "resolved",
    }),
    "process_models": ("process+plan process+rule", {
        "process": "process", "activity": "activity name", "position": "sequence", "rule": "rule",
        "repeats_allowed": "repeat", "owner": "owner", "kpi": "kpi",
    }),
    "process_changes": ("process+change change", {
        "change_id": "change+id id", "process": "process", "started_on": "start+date start date",
        "finished_on": "finish+date end+date finish end", "reason": "reason",
    }),
    "process_costs": ("process+cost", {
        "process": "process", "month_on": "month date", "volume": "volume", "cost": "cost",
    }),
    "readiness_answers": ("readiness", {
        "organisation_id": "organisation+id organisation", "assessed_on": "date", "item": "item",
        "score": "rating", "respondent_id": "response+id", "respondent_role": "role", "year": "year",
    }),
    "winback_offers": ("winback offer", {
        "offer_id": "offer+id offer id", "customer_id": "customer+id customer", "offered_on": "offer+date date",
        "arm": "arm", "has_returned": "return", "spend": "amount", "lapsed_on": "lapse+date lapse",
        "lapse_reason": "lapse+reason reason", "returned_on": "return+date", "left_again_on": "cancel+again+date cancel+again",
        "cost": "cost offer+cost", "arm_probability": "arm+probability probability",
    }),
    "retention_offers": ("retention+offer", {
        "offer_id": "offer+id offer id", "customer_id": "customer+id customer", "offered_on": "offer+date date",
        "arm": "arm", "has_left": "cancel", "spend": "amount", "cost": "cost offer+cost",
        "arm_probability": "arm+probability probability",
    }),
    "pay_plans": ("pay+plan pay", {
        "team_id": "team+id team", "started_on": "start+date start date", "is_tied": "tied", "share_tied": "share+tied share",
        "metric": "metric kpi", "announced_on": "announce+date announce",
    }),
}  # fmt: skip
OF_IT = {
    "amount",
    "name",
    "segment",
    "category",
    "region",
    "channel",
    "cost",
    "staff",
    "agent",
    "level",
    "rating",
    "date",
    "comment",
}
WORDS = {}
for _idea, _words in IDEAS.items():
    for _word in _words.split():
        WORDS.setdefault(_word, set()).add(_idea)


def words(name):
    """A column's name as folded words, camelCase and punctuation apart.

    >>> words("Kunden-Nr."), words("orderDate"), words("N° de commande")
    (['kunden', 'nr'], ['order', 'date'], ['nr', 'de', 'commande'])
    """
    text = re.sub("[nN][°º]", " nr ", name.replace("ß", "ss"))
    parted = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+|\d+", plain.lower())


def ideas(name):
    """The ideas in a name, one set per word; the empty set for a word that is not known.

    >>> [sorted(found) for found in ideas("Bestelldatum")]
    [['order'], ['date']]
    """
    sets = []
    for word in words(name):
        if word in IGNORED and word not in WORDS:
            continue
        sets += [_known(part) for part in _parts(word)]
    return sets


def _known(word):
    """The ideas of a word, in the plural too."""
    return WORDS.get(word) or WORDS.get(word.removesuffix("s")) or set()


@cache
def _parts(word):
    """A compound as its words (``kundennummer`` → ``kunden nummer``); itself where it is none."""
    if _known(word) or len(word) < 5:
        return (word,)
    for cut in range(len(word) - 2, 2, -1):
        head, rest = word[:cut], word[cut:]
        if head not in WORDS:
            continue
        for link in LINKS:
            tail = rest.removeprefix(link) if rest.startswith(link) else None
            if tail and len(tail) >= 2 and all(part in WORDS for part in _parts(tail)):
                return (head, *_parts(tail))
    return (word,)


@cache
def fit(table, column, name):
    """How well a name fits a column of the contract, from 0 to 1.

    1 is its own name; 0.95 the likeliest way to say it with no word left over; less for a way that says less, and 0.2 less for
    words left over.
    """
    if "".join(words(name)) == column.replace("_", ""):
        return 1.0
    given = ideas(name)
    best = 0.0
    spec = TABLES[table].column(column)
    no = {"other"} | (
        OF_IT if spec.unique or spec.references else set()
    )  # a customer's name is not the customer's key
    own = "+".join(_own(column))
    ways = NAMES[table][1].get(column, "").split() + ([own] if own else [])
    for rank, way in enumerate(ways):
        left = _left(way.split("+"), given, no)
        if left is not None:
            best = max(best, max(0.95 - 0.05 * rank, 0.6) - 0.2 * min(left, 2))
    return max(best, 0.0)


def says(idea, name):
    """Whether a word of a name or sentence means an idea."""
    return any(idea in found for found in ideas(name))


@cache
def speaks_of(table, name):
    """Whether the name of a file or a column names what a table is about."""
    return any(all(says(idea, name) for idea in way.split("+")) for way in NAMES[table][0].split())


def subject(table, name):
    """How well a file's name says that it is a table: 1 its own name, 0.8 a word for it, 0 nothing."""
    if "".join(words(name)) == table.replace("_", ""):
        return 1.0
    given = ideas(name)
    return 0.8 if any(_left(way.split("+"), given) is not None for way in NAMES[table][0].split()) else 0.0


def _own(column):
    return [w for w in column.split("_") if w in IDEAS]


def _left(wanted, given, no=frozenset({"other"})):
    """How many words are left over where a name says every idea wanted; None where it does not, or where one makes it another's name."""
    free = list(given)
    for idea in sorted(wanted, key=lambda i: sum(i in g for g in given)):
        at = next((i for i, found in enumerate(free) if idea in found), None)
        if at is None:
            return None
        free.pop(at)
    return None if any(no & found for found in free) else len(free)
